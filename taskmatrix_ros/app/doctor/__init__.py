"""Looks at what a profile needs and says what is wrong and what to do: one file for each kind of peer."""

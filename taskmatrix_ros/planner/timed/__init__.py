"""Commands with a time or a condition, and what is said of rules."""

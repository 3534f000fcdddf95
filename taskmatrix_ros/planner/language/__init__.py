"""Words, numbers, units and the phrases around a command: what is true of a language, whatever is asked."""

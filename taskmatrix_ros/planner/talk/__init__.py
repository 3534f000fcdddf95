"""What goes on with a turn before: follow-ups, what is left out, what a person always likes."""

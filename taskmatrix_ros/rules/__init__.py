"""Rules: triggers, conditions, run modes, deadlines."""

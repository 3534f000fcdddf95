"""Rules at work: read, told, planned, run, and tried over a history."""

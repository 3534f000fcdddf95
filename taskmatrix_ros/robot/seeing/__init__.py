"""Looking for things, and remembering where they were seen."""

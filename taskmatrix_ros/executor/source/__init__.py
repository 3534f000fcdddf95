"""What action code says by its text alone: its calls, its names, its arguments."""

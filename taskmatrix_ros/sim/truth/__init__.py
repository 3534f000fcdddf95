"""What really happened, for judges and pictures; no skill sees it."""

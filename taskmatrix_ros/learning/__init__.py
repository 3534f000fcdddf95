"""What runs and people's words about them teach."""

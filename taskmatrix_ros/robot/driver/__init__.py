"""The driver contract as the skills see it, and what may hold the wheels back."""

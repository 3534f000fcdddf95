"""Where worlds and models lie, what a map knows of them, and homes drawn by chance."""

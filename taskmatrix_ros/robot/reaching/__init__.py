"""Where to stand to grasp a thing, and where to put it."""

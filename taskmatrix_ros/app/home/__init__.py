"""A home without ROS, a home on paper, and the node as the house sees it."""

"""Where the robot is on the map."""

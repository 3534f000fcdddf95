"""The simulator inside: the same SDF worlds, stepped by MuJoCo, behind the robot driver contract."""

"""The simulated home: one SDF description, stepped by MuJoCo, offered through the robot driver contract."""

"""SDF worlds, read with file and line; metres, radians, kilograms."""

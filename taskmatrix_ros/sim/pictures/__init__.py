"""Pictures of a world for people."""

"""Planners: an instruction becomes an outline, an outline becomes action code."""

"""Measurements: each runs the real parts beside a bare baseline, and prints figures that can be compared."""

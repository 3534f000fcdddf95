"""Poses, boxes, grids and paths on the floor. Metres and radians."""

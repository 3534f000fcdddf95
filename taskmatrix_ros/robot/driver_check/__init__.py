"""Holds a robot's driver against the contract: drives it a little, and compares what it says with itself."""

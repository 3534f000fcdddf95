"""TaskMatrix.AI for robots and homes."""

__version__ = "0.1.0"

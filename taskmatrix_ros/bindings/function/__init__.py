"""Functions of installed Python packages."""

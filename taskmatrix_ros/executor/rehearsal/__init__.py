"""The same code in a symbolic world, before anything moves."""

"""Understands what people say about the devices of a home, offline."""

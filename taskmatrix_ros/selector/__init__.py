"""Finds the API documents that an outline needs."""

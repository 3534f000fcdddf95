"""Verified code at work: admitted, journalled, dispatched, read back, paused, undone."""

"""The types and ports every other part speaks in: standard library and pydantic only."""

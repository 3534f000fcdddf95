"""The one SQLite file: what must survive kill -9 and a restart."""

"""The API documents: read from manifests, checked with file and line, offered to planner, executor and bindings."""

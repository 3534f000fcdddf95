"""CEL over ``state``, ``args``, ``result`` and ``now``, with the semantics of API documents and rules."""

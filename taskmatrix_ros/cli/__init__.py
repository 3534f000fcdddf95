"""The command line: a thin face over ``app`` and the node's actions."""

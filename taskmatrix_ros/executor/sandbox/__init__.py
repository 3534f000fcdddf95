"""The interpreter that runs action code in a process of its own."""

"""From calls to action code, and what must hold when a step is done."""

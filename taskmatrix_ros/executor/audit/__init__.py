"""The audit log: chained, keyed, only ever added to."""

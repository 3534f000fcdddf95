"""The sentences that documents and composites bring along: cut into clauses, matched, and read as calls."""

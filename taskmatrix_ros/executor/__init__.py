"""Action code is verified before, gated during and proven after; it runs in a sandbox of its own process."""

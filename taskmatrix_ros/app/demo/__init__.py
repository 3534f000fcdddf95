"""The demo: a scenario, its client and its judge."""

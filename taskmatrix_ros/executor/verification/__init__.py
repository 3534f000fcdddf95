"""What code must satisfy before it may run."""

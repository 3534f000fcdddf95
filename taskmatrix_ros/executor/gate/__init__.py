"""The one function every command passes, and all that it asks."""

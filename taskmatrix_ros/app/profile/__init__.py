"""What a profile says, and the bindings, planners and functions that it asks for."""

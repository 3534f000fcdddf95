"""Moving the base, the lift and the fingers, past what is in the way."""

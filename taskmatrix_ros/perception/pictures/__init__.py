"""Pictures as action code has them: kept by handle, looked at, changed."""

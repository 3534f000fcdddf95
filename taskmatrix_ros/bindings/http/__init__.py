"""Services that speak HTTP."""

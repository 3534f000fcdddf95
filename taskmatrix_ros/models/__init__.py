"""Foundation models behind any OpenAI-compatible server."""

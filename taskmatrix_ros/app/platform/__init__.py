"""The API platform as people use it: imports, approval, watched files, counted uses, and our own MCP server."""

"""An MCP server that keeps lamps: ``python mcp_lamp_server.py FOLDER [PORT]``; over standard streams without a port.

``FOLDER/settings`` gets a line for every setting that was made, so that a test can count them from outside.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

folder = Path(sys.argv[1])
server = MCPServer("lamp house")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def lamp_state(lamp: Annotated[str, Field(description="Which lamp of the house.")]) -> dict[str, str]:
    """Tell whether a lamp of the house burns."""
    lines = (folder / "settings").read_text().splitlines() if (folder / "settings").exists() else []
    states = [line.split()[1] for line in lines if line.split()[0] == lamp]
    return {"state": states[-1] if states else "off"}


@server.tool()
def set_lamp(lamp: Literal["hall", "desk"], state: str) -> dict[str, str]:
    """Let a lamp of the house burn, or not."""
    with (folder / "settings").open("a") as file:
        file.write(f"{lamp} {state}\n")
    return {"state": state}


@server.tool()
def break_lamp(lamp: str) -> str:
    """Break a lamp of the house."""
    raise ValueError(f"{lamp} is unbreakable")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run("stdio")

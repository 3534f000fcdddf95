"""What tools an MCP server has, as it describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.bindings.mcp.mcp_link import McpLink, tools_of
from taskmatrix_ros.bindings.mcp.mcp_settings import McpServerSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.registry.mcp_import import ToolDescription


@dataclass(frozen=True, slots=True)
class ServerDescription:
    """A server as it describes itself."""

    tools: tuple[ToolDescription, ...]
    version: str = ""
    description: str = ""


async def describe_server(
    name: str,
    settings: McpServerSettings,
    secrets: Mapping[str, SecretSettings],
    private_hosts: Sequence[str] = (),
) -> ServerDescription:
    """Connect, ask, and disconnect.

    :raises CallUnavailable: it is not there, or does not answer within its ``connect_s``.
    """
    link = McpLink(name, settings, secrets, tuple(private_hosts), pending=lambda _: None, note=lambda _, __: None)
    link.start()
    try:
        await link.tried(settings.connect_s + 1.0)
        client = link.client
        if client is None:
            raise CallUnavailable(f"mcp {name!r} is not there: {link.problem}; start it, or correct it in the profile")
        tools = tuple([_described(tool) async for tool in tools_of(client)])
        info = client.server_info
        return ServerDescription(tools, info.version if info is not None else "", client.instructions or "")
    finally:
        await link.close()


def _described(tool: Any) -> ToolDescription:
    hints = tool.annotations
    return ToolDescription(
        name=tool.name,
        description=tool.description or tool.title or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        reads_only=hints.read_only_hint if hints is not None else None,
        destructive=hints.destructive_hint if hints is not None else None,
        idempotent=hints.idempotent_hint if hints is not None else None,
    )

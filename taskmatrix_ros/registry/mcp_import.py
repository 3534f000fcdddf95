"""Drafts documents from the tools of an MCP server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.core.parameter_spec import ParameterSpec
from taskmatrix_ros.registry.draft import Draft, version_of
from taskmatrix_ros.registry.schema_types import identifier, parameter_of, return_of, words

SOURCE = "mcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """A tool as its server describes it. Hints are what the server says of itself; None: it does not say."""

    name: str
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    output_schema: Mapping[str, Any] | None = None
    reads_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None


def draft_tools(
    tools: Sequence[ToolDescription], *, server: str, package: str = "", version: str = "", description: str = ""
) -> Draft:
    """Draft a document for each tool.

    A tool is ``read`` if its server says that it only reads, ``actuate`` if it says that it destroys nothing, and
    ``hazardous`` where it says neither.

    :param server: its name in the profile's ``mcp.servers``.
    """
    source = f"mcp {server}"
    draft = Draft(package=package or server, version=version_of(version), source=source, description=description)
    for tool in tools:
        effect = "read" if tool.reads_only else "actuate" if tool.destructive is False else "hazardous"
        specs, arguments = _parameters(tool)
        output = tool.output_schema
        draft.add(
            f"tool {tool.name!r}",
            name=draft.name(identifier(tool.name, "tool")),
            description=words(tool.description, 2000) or f"Tool {tool.name} of {server}.",
            parameters=specs,
            returns=None if output is None else return_of(output, resolve=_resolver(output)),
            effect=effect,
            idempotent=effect == "read" or tool.idempotent is True,
            binding={"kind": "mcp", "server": server, "tool": tool.name, "arguments": arguments},
        )
    return draft


def _parameters(tool: ToolDescription) -> tuple[dict[str, ParameterSpec], dict[str, str] | None]:
    """Give our parameters, and how they become theirs where a name is another."""
    resolve = _resolver(tool.input_schema)
    schema = resolve(tool.input_schema)
    properties = schema.get("properties")
    needed = schema.get("required")
    needed = needed if isinstance(needed, list) else []
    specs: dict[str, ParameterSpec] = {}
    arguments: dict[str, str] = {}
    for theirs, inner in (properties if isinstance(properties, Mapping) else {}).items():
        ours = identifier(str(theirs))
        while ours in specs:
            ours += "_2"
        specs[ours] = parameter_of(inner, required=theirs in needed, resolve=resolve)
        arguments[str(theirs)] = f"{{{ours}}}"
    same = all(filled == f"{{{theirs}}}" for theirs, filled in arguments.items())
    return specs, None if same else arguments


def _resolver(root: Mapping[str, Any]) -> Any:
    def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(32):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            found: Any = root
            for part in reference.removeprefix("#").strip("/").split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            if not reference.startswith("#") or not isinstance(found, Mapping):
                return {}
            node = found
        return {}

    return resolve

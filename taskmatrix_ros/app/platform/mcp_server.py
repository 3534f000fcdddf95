"""TaskMatrix as a server of the Model Context Protocol: it can be asked, and never approves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import Field

from taskmatrix_ros import __version__
from taskmatrix_ros.bindings.mcp.mcp_link import OWN_NAME
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import MAX_TEXT, MCP_CONVERSATION, Mode

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

INSTRUCTIONS = (
    "Acts on robots and a home. Ask for what is wanted in plain words, one wish at a time: `plan` shows what would be "
    "done, `do` does it. What is hazardous waits for a person, who is asked elsewhere; nothing here can approve it."
)
_MOST = 100

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, description="What is wanted, in plain words.")]
Plain = dict[str, Any]


class NodeClient(Protocol):
    """What is asked of a running node or home: ``ros.task_client.TaskClient``, ``cli.home_link.HomeClient``."""

    async def execute(
        self, instruction: str, on_feedback: Callable[[Plain], None], *, mode: Mode, conversation_id: str
    ) -> Plain:
        """Send an instruction and wait for its end."""

    async def request(self, kind: str, name: str, /, **fields: Any) -> Any:
        """Ask a service."""


def make_server(client: NodeClient) -> MCPServer[Any]:
    """Make the server; who serves it chooses the transport.

    Every instruction comes in by the channel ``mcp``, with the rights the profile gives it, and passes the Gate.

    :param client: of what runs.
    """
    from mcp.server.mcpserver import MCPServer
    from mcp.types import ToolAnnotations

    conversation = f"{MCP_CONVERSATION}{new_id()}"
    server: MCPServer[Any] = MCPServer(OWN_NAME, instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True)

    async def asked(text: str, mode: Mode) -> Plain:
        try:
            result = await client.execute(text, lambda _feedback: None, mode=mode, conversation_id=conversation)
        except TaskMatrixError as error:
            return {"status": "unavailable", "summary": error.message, "error_code": error.error_code}
        return _told(result)

    @server.tool(annotations=reads)
    async def search_apis(query: Text, limit: Annotated[int, Field(ge=1, le=_MOST)] = 5) -> Plain:
        """Find what can be called for a wish: the documents that fit it, best first."""
        response = await client.request("taskmatrix_interfaces/srv/SearchApis", "search_apis", query=query, limit=limit)
        fields = ("name", "package", "description", "effect", "score")
        return _answer(response) | {"apis": [_plain(api, fields) for api in response.apis]}

    @server.tool(annotations=reads)
    async def plan(instruction: Text) -> Plain:
        """Show what would be done for an instruction: steps, code and foretold changes. Nothing moves."""
        return await asked(instruction, Mode.DRY_RUN)

    @server.tool(annotations=ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False))
    async def do(instruction: Text) -> Plain:
        """Have an instruction carried out, and wait for its end. What a person must approve waits for a person."""
        return await asked(instruction, Mode.RUN)

    @server.tool(annotations=reads)
    async def list_runs(limit: Annotated[int, Field(ge=1, le=_MOST)] = 10, active_only: bool = False) -> Plain:
        """Show what was asked for lately, by anyone, and how it ended; newest first."""
        fields: Plain = {"limit": limit, "active_only": active_only}
        response = await client.request("taskmatrix_interfaces/srv/ListRuns", "list_runs", **fields)
        return _answer(response) | {"runs": [_run(run) for run in response.runs]}

    @server.tool(annotations=reads)
    async def list_rules() -> Plain:
        """Show the rules that start work by themselves."""
        response = await client.request("taskmatrix_interfaces/srv/ListRules", "list_rules", limit=_MOST)
        fields = ("rule_id", "text", "enabled", "fired", "last_result")
        return _answer(response) | {"rules": [_plain(rule, fields) for rule in response.rules]}

    return server


def _told(result: Plain) -> Plain:
    """Give what a model needs of a run, without pictures and journals."""
    calls = [
        {key: call.get(key) for key in ("api", "arguments", "status", "confirmation", "value", "message")}
        for call in result.get("calls", ())
    ]
    told = {key: result.get(key) for key in ("status", "summary", "run_id", "code")}
    outline = result.get("outline") or {}
    predicted = result.get("predicted") or {}
    steps = [step.get("text") for step in outline.get("steps", ())]
    return {**told, "steps": steps, "changes": predicted.get("diff", {}), "calls": calls}


def _answer(response: Any) -> Plain:
    return {} if response.success else {"error": str(response.message)}


def _plain(message: Any, fields: tuple[str, ...]) -> Plain:
    if isinstance(message, dict):
        return {field: message.get(field) for field in fields}
    return {field: getattr(message, field) for field in fields}


def _run(run: Any) -> Plain:
    if not isinstance(run, dict):
        run = sys.modules["taskmatrix_ros.ros.task_messages"].run_to_plain(run)
    return {key: run.get(key) for key in ("run_id", "instruction", "status", "summary", "created_at")}

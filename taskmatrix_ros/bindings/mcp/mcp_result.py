"""What an MCP server's answer means for the call that asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.bindings.call_verdict import CallVerdict
from taskmatrix_ros.bindings.mcp.mcp_fate import Fate, Told
from taskmatrix_ros.core.outcome import Status

if TYPE_CHECKING:
    from mcp import MCPError
    from mcp.types import CallToolResult

_MAX_TOLD = 300
_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602
_CONNECTION_CLOSED = -32000
_SESSION_GONE = "Session terminated"


def judge_result(result: CallToolResult, *, reads: bool, max_bytes: int) -> CallVerdict:
    """Give what a tool returned: its structured result, else its text; one text for one block, a list for several."""
    texts = [block.text for block in result.content if block.type == "text"]
    if result.is_error:
        said = " ".join(" ".join(texts).split())[:_MAX_TOLD] or "it does not say why"
        return CallVerdict(Status.FAILED, "TOOL_ERROR", f"the tool says: {said}")
    value: Any = result.structured_content
    if value is None and texts:
        value = texts[0] if len(texts) == 1 else texts
    left_out = len(result.content) - len(texts)
    evidence = (f"{left_out} parts of the result are no text and were left out",) if left_out else ()
    if len(json.dumps(value)) > max_bytes:
        problem = f"the result is longer than {max_bytes} bytes, the server's max_bytes"
        if reads:
            return CallVerdict(Status.FAILED, "BAD_REPLY", problem)
        return CallVerdict(Status.SUCCEEDED, evidence=(problem,))  # it was done; only its words are lost
    return CallVerdict(Status.SUCCEEDED, value=value, evidence=evidence)


def judge_error(error: MCPError, told: Told, *, reads: bool, server: str) -> CallVerdict | None:
    """Say what an error of the protocol means.

    :param told: what became of the request on its way.
    :returns: None: the server has forgotten the session, and has done nothing.
    """
    said = " ".join(str(error.message).split())[:_MAX_TOLD]
    if told.fate is Fate.REFUSED:
        return CallVerdict(Status.REJECTED, "HOST_REFUSED", f"not sent: {told.reason}")
    if told.fate is Fate.UNSENT:
        return CallVerdict(
            Status.UNAVAILABLE, "UNAVAILABLE", f"not sent: no connection to mcp {server!r}: {told.reason or said}"
        )
    if said == _SESSION_GONE:
        return None
    if error.code in (_METHOD_NOT_FOUND, _INVALID_PARAMS):
        return CallVerdict(Status.REJECTED, "REFUSED", f"mcp {server!r} says: {said}")
    if told.fate is Fate.LOST or error.code == _CONNECTION_CLOSED:
        problem = f"no answer from mcp {server!r}: {told.reason or said}"
        if reads:
            return CallVerdict(Status.UNAVAILABLE, "UNAVAILABLE", problem)
        return CallVerdict(Status.IN_DOUBT, "IN_DOUBT", f"it was sent, and {problem}; it may have been done or not")
    return CallVerdict(Status.FAILED, "FAILED", f"mcp {server!r} says: {said} ({error.code})")

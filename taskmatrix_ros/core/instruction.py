"""What a person asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.picture import plain_format, without_metadata
from taskmatrix_ros.core.plain_enum import PlainEnum

MAX_TEXT = 4000
"""Characters of an instruction: more is no spoken or typed wish, and every parser after this would pay for it."""


MCP_CONVERSATION = "mcp:"
"""Begins the id of a conversation held through an MCP server, whose instructions come in by that channel."""
MAX_PICTURES = 4


class Channel(PlainEnum):
    """The way an instruction came in; the rights are the channel's, a claimed speaker only narrows them."""

    ROS = "ros"
    CLI = "cli"
    MQTT = "mqtt"
    MCP = "mcp"
    RULE = "rule"
    LIBRARY = "library"

    def of_conversation(self, conversation_id: str) -> Channel:
        """Give the channel of an instruction that came in here as part of a conversation.

        Whoever says that it is a program's has its rights, which are a person's at most, and cannot answer an approval.
        """
        return Channel.MCP if conversation_id.startswith(MCP_CONVERSATION) else self


class Mode(PlainEnum):
    """How far to go."""

    RUN = "run"
    OUTLINE_ONLY = "outline_only"
    DRY_RUN = "dry_run"


class ApprovalMode(PlainEnum):
    """What happens to a call that wants approval."""

    ASK = "ask"
    DENY = "deny"


class Image(Frozen):
    """A picture that came with the instruction. ``data``: the encoded file; ``format``: jpeg or png.

    The place, time and device that a camera writes into the file are taken off before anybody sees it.
    """

    format: str
    data: bytes

    @field_validator("format")
    @classmethod
    def _plainly(cls, given: str) -> str:
        return plain_format(given)

    @field_validator("data")
    @classmethod
    def _private(cls, given: bytes) -> bytes:
        return without_metadata(given)


class Instruction(Frozen):
    """A person's wish with its context; a repeated ``request_id`` returns the same run."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    images: tuple[Image, ...] = Field(default=(), max_length=MAX_PICTURES)
    speaker: str = ""
    channel: Channel = Channel.LIBRARY
    conversation_id: str = ""
    locale: str = "en"
    area: str = ""
    request_id: str = ""
    mode: Mode = Mode.RUN
    approval: ApprovalMode = ApprovalMode.ASK
    priority: int = Field(default=0, ge=-128, le=127)
    outline_id: str = ""
    """An outline to run instead of planning anew; of a template also its name."""
    parameters: dict[str, str] = Field(default_factory=dict)
    """Of the template, in the person's words."""
    instruction_id: str = Field(default_factory=new_id)

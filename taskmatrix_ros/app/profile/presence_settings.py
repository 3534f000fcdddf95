"""How the node shows itself to a house, and who of the house may ask it for something."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from taskmatrix_ros.core.frozen import Frozen

Topic = Annotated[str, StringConstraints(pattern=r"^[^+#\s\x00/][^+#\x00]*$", max_length=200)]
Speaker = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]

BASE_TOPIC = "taskmatrix"
"""What the node's own topics begin with."""


class InstructionsSettings(Frozen):
    """Instructions as MQTT messages on ``topic``: plain text, or JSON with ``text``, ``area``, ``request_id``.

    Whoever may publish there speaks as ``speaker``, and has what rights ``policy`` gives that speaker on channel mqtt.
    """

    topic: Topic
    speaker: Speaker
    area: str = ""


class EventsSettings(Frozen):
    """Instructions as events of Home Assistant's own bus, with ``text`` and ``area`` in their data."""

    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,60}$")] = "taskmatrix_instruction"
    speaker: Speaker
    area: str = ""


class PresenceSettings(Frozen):
    """The node as a device of Home Assistant, through MQTT discovery on ``broker``.

    It shows runs, the robot, and what waits for a person, and has a stop button. Instructions are taken only where
    ``instructions`` or ``events`` says from whom.
    """

    broker: str = "default"
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] = "TaskMatrix"
    discovery_prefix: Topic = "homeassistant"
    instructions: InstructionsSettings | None = None
    events: EventsSettings | None = None
    most_waiting: int = Field(default=4, ge=1, le=100)
    """Instructions of the house that may be under way at once; further ones are refused."""

"""What the node announces of itself to Home Assistant: one MQTT discovery message for each entity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros import __version__
from taskmatrix_ros.app.profile.presence_settings import BASE_TOPIC


@dataclass(frozen=True, slots=True)
class PresenceTopics:
    """The node's own topics, below ``base``."""

    base: str = BASE_TOPIC

    @property
    def availability(self) -> str:
        """Whether the node is there."""
        return f"{self.base}/availability"

    @property
    def stop(self) -> str:
        """Where the stop button is pressed."""
        return f"{self.base}/stop/set"

    def state(self, what: str) -> str:
        """Where ``run``, ``result``, ``asks`` and ``robot`` are told."""
        return f"{self.base}/state/{what}"


_SENSORS = (
    # object id, name, state topic's last part, template, icon
    ("run", "Run", "run", "{{ value_json.state }}", "mdi:progress-check"),
    ("task", "Task", "run", "{{ value_json.text[:250] }}", "mdi:text"),
    ("last_result", "Last result", "result", "{{ value_json.status }}", "mdi:flag-checkered"),
    ("pending_approval", "Pending approval", "asks", "{{ value_json.approval[:250] }}", "mdi:hand-back-right"),
    ("pending_question", "Pending question", "asks", "{{ value_json.question[:250] }}", "mdi:help-circle"),
)
_ROBOT_SENSORS = (
    ("robot_position", "Robot position", "robot", "{{ value_json.position[:250] }}", "mdi:robot"),
    ("robot_holding", "Robot holding", "robot", "{{ value_json.holding[:250] }}", "mdi:robot-industrial"),
)


def discovery_messages(prefix: str, name: str, topics: PresenceTopics, *, robot: bool) -> dict[str, dict[str, Any]]:
    """Give topic -> message. There is a button for stop, and none for what takes a person at this node.

    :param prefix: Home Assistant's discovery prefix.
    :param robot: whether there is one to tell of.
    :source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
    """
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    node = words if words == "taskmatrix" or words.startswith("taskmatrix_") else f"taskmatrix_{words}".strip("_")
    common = {
        "device": {
            "identifiers": [node],
            "name": name,
            "manufacturer": "taskmatrix_ros",
            "model": "Task node",
            "sw_version": __version__,
        },
        "origin": {"name": "taskmatrix_ros", "sw_version": __version__},
        "availability_topic": topics.availability,
    }
    found: dict[str, dict[str, Any]] = {}
    for object_id, words, what, template, icon in (*_SENSORS, *(_ROBOT_SENSORS if robot else ())):
        found[f"{prefix}/sensor/{node}/{object_id}/config"] = {
            **common,
            "name": words,
            "unique_id": f"{node}_{object_id}",
            "object_id": f"{node}_{object_id}",
            "state_topic": topics.state(what),
            "value_template": template,
            "json_attributes_topic": topics.state(what),
            "icon": icon,
        }
    found[f"{prefix}/button/{node}/stop/config"] = {
        **common,
        "name": "Stop",
        "unique_id": f"{node}_stop",
        "object_id": f"{node}_stop",
        "command_topic": topics.stop,
        "payload_press": "stop",
        "icon": "mdi:stop-circle",
    }
    return found

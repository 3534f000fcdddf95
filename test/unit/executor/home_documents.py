"""API documents of a small home, for the tests of the executor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument, Composite, StateSpec

LIGHT = {"type": "string", "enum": ["kitchen", "hall", "bedroom"]}
OBJECT = {"type": "string", "description": "Name of an object."}


def document(name: str, **fields: Any) -> ApiDocument:
    given: dict[str, Any] = {
        "name": name,
        "description": f"Does {name}.",
        "effect": "actuate",
        "idempotent": True,
        "binding": {"kind": "mqtt", "topic": f"home/{name}/set"},
        "confirm_s": 0.2,
        "deadline_s": 600.0,
        "version": "1.0.0",
    }
    return ApiDocument.model_validate(given | fields)


def action(name: str) -> dict[str, str]:
    return {"kind": "ros2_action", "name": name, "type": "taskmatrix_interfaces/action/RobotFind"}


DOCUMENTS = (
    document(
        "robot_find",
        parameters={"object": OBJECT, "place": {"type": "string", "required": False}},
        returns={
            "type": "object",
            "properties": {"object": {"type": "string"}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}},
        },
        sets={"robot.located": "[args.object]"},
        ensures=['args.object in state["robot.located"]'],
        resources=["robot"],
        typical_s=20,
        binding=action("robot/find"),
    ),
    document(
        "robot_go_to",
        parameters={"object": {**OBJECT, "required": False}, "place": {"type": "string", "required": False}},
        after=[{"api": "robot_find", "same": ["object"]}],
        requires=["(args.object == null) != (args.place == null)"],
        sets={"robot.near": "[args.object != null ? args.object : args.place]"},
        ensures=['(args.object != null ? args.object : args.place) in state["robot.near"]'],
        resources=["robot"],
        typical_s=15,
        binding=action("robot/go_to"),
    ),
    document(
        "robot_pick_up",
        parameters={"object": OBJECT},
        after=[{"api": "robot_find", "same": ["object"]}, {"api": "robot_go_to", "same": ["object"]}],
        requires=['state["robot.holding"] == null', 'args.object in state["robot.near"]'],
        sets={"robot.holding": "args.object"},
        idempotent=False,
        resources=["robot"],
        typical_s=12,
        errors=[{"code": "OUT_OF_REACH", "description": "Too far."}],
        binding=action("robot/pick_up"),
    ),
    document(
        "robot_put_down",
        parameters={"object": OBJECT},
        requires=['state["robot.holding"] == args.object'],
        sets={"robot.holding": "null"},
        idempotent=False,
        resources=["robot"],
        typical_s=8,
        binding=action("robot/put_down"),
    ),
    document(
        "light_on",
        parameters={
            "light": LIGHT,
            "brightness_pct": {"type": "number", "unit": "pct", "minimum": 1, "maximum": 100, "required": False},
        },
        sets={"light.{light}.state": '"on"'},
        ensures=[
            'state["light." + args.light + ".state"] == "on"',
            'args.brightness_pct == null || state["light." + args.light + ".brightness_pct"] == args.brightness_pct',
        ],
        resources=["light.{light}"],
        typical_s=1,
    ),
    document(
        "light_off",
        parameters={"light": LIGHT},
        sets={"light.{light}.state": '"off"'},
        resources=["light.{light}"],
        typical_s=1,
    ),
    document(
        "ac_set_temperature",
        parameters={"temperature_c": {"type": "number", "unit": "c", "minimum": 16, "maximum": 30}},
        sets={"ac.target_c": "args.temperature_c"},
        tolerance={"ac.target_c": 0.05},
        resources=["ac"],
        typical_s=1,
    ),
    document(
        "thermometer_read",
        parameters={"room": {"type": "string", "default": "hall"}},
        returns={"type": "number", "unit": "c"},
        effect="read",
    ),
    document(
        "say",
        parameters={
            "text": {"type": "string"},
            "times": {"type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        },
        effect="notify",
    ),
    document("door_unlock", parameters={}, effect="hazardous", idempotent=False, sets={"door.front.lock": '"open"'}),
    document("bell_ring", parameters={}, effect="actuate", idempotent=False),
)
"""``bell_ring`` changes nothing that anybody could read back."""


class Shelf:
    """A catalogue of fixed documents."""

    def __init__(self, documents: Iterable[ApiDocument] = DOCUMENTS) -> None:
        self._documents = {entry.name: entry for entry in documents}
        self.revision = 1

    def get(self, name: str) -> ApiDocument | None:
        return self._documents.get(name)

    def documents(self) -> Sequence[ApiDocument]:
        return tuple(self._documents[name] for name in sorted(self._documents))

    def composites(self) -> Sequence[Composite]:
        return ()

    def states(self) -> Sequence[StateSpec]:
        return ()

    def put(self, entry: ApiDocument) -> None:
        self._documents[entry.name] = entry
        self.revision += 1

    def remove(self, name: str) -> None:
        del self._documents[name]
        self.revision += 1


def code(source: str, documents: Iterable[ApiDocument] = DOCUMENTS) -> ActionCode:
    """Action code pinned to the documents as they are."""
    pins = tuple(DocumentPin(name=d.name, version=d.version, digest=d.digest) for d in documents)
    return ActionCode(source=source, documents=pins, planner="test")

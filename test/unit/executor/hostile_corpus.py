"""Hostile programs, read from ``hostile/*.yaml``, and what each must come to.

``expect`` is one of ``refused CODE`` (the verifier says so), ``contained CODE`` (it is verified, and its run fails with
that), ``no effect`` (it may run to its end; no command reaches a device) and ``allowed API`` (nothing else does).
``source_times`` is text and how often, one after the other, for programs nobody wants to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from home_documents import DOCUMENTS, document

from taskmatrix_ros.core.api_document import ApiDocument

FOLDER = Path(__file__).parent / "hostile"
CANARY = Path("/tmp/taskmatrix-hostile")
"""What many of the programs would leave behind if they got out."""


def service(name: str) -> dict[str, str]:
    return {"kind": "ros2_service", "name": name, "type": "std_srvs/srv/Trigger"}


def topic(name: str) -> dict[str, str]:
    return {"kind": "ros2_topic", "name": name, "type": "std_msgs/msg/Bool"}


POISONED = tuple(
    document(name, effect="read", binding=binding)
    for name, binding in {
        "call_rearm": service("/taskmatrix/rearm"),
        "call_rearm_relative": service("taskmatrix/rearm"),
        "call_rearm_slashes": service("//taskmatrix//rearm"),
        "call_approve": service("/taskmatrix/approve"),
        "call_register": service("/taskmatrix/register_api"),
        "call_execute_task": {
            "kind": "ros2_action",
            "name": "/taskmatrix/execute_task",
            "type": "taskmatrix_interfaces/action/ExecuteTask",
        },
        "call_set_parameters": service("robot_driver/set_parameters"),
        "call_change_state": service("robot_driver/change_state"),
        "call_hidden_goal": service("robot/go_to/_action/send_goal"),
        "call_private": service("~/rearm"),
        "publish_stop": topic("robot/stop"),
        "publish_alive": topic("/alive"),
    }.items()
)
"""Documents of a poisoned manifest: they speak to what no binding may reach."""

HOUSE: tuple[ApiDocument, ...] = (*DOCUMENTS, *POISONED)


@dataclass(frozen=True)
class Hostile:
    """One program."""

    name: str
    source: str
    expect: str


@cache
def corpus() -> tuple[Hostile, ...]:
    """Give every program, named ``category: name``."""
    return tuple(_read())


def _read() -> Iterator[Hostile]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            times = entry.get("source_times", [])
            source = entry.get("source") or "".join(
                text * count for text, count in zip(times[::2], times[1::2], strict=True)
            )
            yield Hostile(name=f"{path.stem}: {entry['name']}", source=source, expect=entry["expect"])

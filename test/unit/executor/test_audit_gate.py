"""What the Gate writes into the audit log, before anything acts."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from home_documents import document
from test_gate import Door

from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, RunStopped
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.store.audit_head import AuditHead
from taskmatrix_ros.store.database import Database


class Paper:
    """Keeps entries; ``full`` makes it fail as a full disk does."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.durable: list[bool] = []
        self.full = False
        self.lost: set[str] = set()

    def record(self, kind: str, fields: Any, *, durable: bool = False, waiting_call: str | None = None) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.entries.append({"kind": kind, **json.loads(json.dumps(dict(fields)))})
        self.durable.append(durable)

    def make_sure(self, call_id: str) -> None:
        if call_id in self.lost:
            raise OSError("no space left on device")


def test_every_decision_is_written_with_who_and_why() -> None:
    paper = Paper()
    pin = document("safe_open", parameters={"pin": {"type": "string", "sensitive": True}})
    door = Door(pin, audit=paper, policy=Policy.model_validate({"approve": ["bell_ring"]}))
    asked = Instruction(text="x", channel=Channel.MQTT, speaker="ann")
    door.admit("light_on", asked, light="hall")
    door.admit("safe_open", pin="1234")
    door.refusal("light_on", asked, light="attic")
    assert "1234" not in door.refusal("safe_open", pin=["1234"]).message
    door.refusal("bell_ring")
    door.latch.latch("smoke")
    with pytest.raises(RunStopped):
        door.admit("light_on", light="hall")
    first = paper.entries[0]
    assert (first["kind"], first["api"], first["decision"], first["channel"], first["speaker"]) == (
        "call_allowed", "light_on", "allowed", "mqtt", "ann",
    )  # fmt: skip
    assert (first["name"], first["arguments"]) == (
        "mqtt://default/home/light_on/set",
        {"light": "hall", "brightness_pct": None},
    )
    assert first["run_id"] == "run"
    assert len(first["call_id"]) == 26
    assert [entry["arguments"] for entry in paper.entries if entry["api"] == "safe_open"] == [{"pin": "***"}] * 2
    assert [(entry["kind"], entry["decision"]) for entry in paper.entries[2:]] == [
        ("call_refused", "ARGUMENT"),
        ("call_refused", "ARGUMENT"),
        ("call_held", "APPROVAL"),
        ("call_refused", "STOPPED"),
    ]
    assert "'attic' is none of" in paper.entries[2]["reason"]
    assert "1234" not in json.dumps(paper.entries)


def test_a_hazardous_call_is_on_the_disk_with_its_approval_before_it_goes_out() -> None:
    paper = Paper()
    door = Door(audit=paper)
    asked = ApprovalRequest(
        run_id="run",
        call_id="call",
        api="door_unlock",
        arguments={},
        effect=Effect.HAZARDOUS,
        reason="",
        channel=Channel.ROS,
        expires_at=utc_now() + timedelta(days=365),
    )
    said = ApprovalAnswer(approval_id=asked.approval_id, approved=True, channel=Channel.CLI)
    entry = door.shelf.get("door_unlock")
    assert entry is not None
    call = Call(run_id="run", api="door_unlock", arguments={}, deadline_s=1.0)
    door.gate.admit(call, entry, Instruction(text="x"), Approval(request=asked, answer=said))
    assert (paper.durable, paper.entries[0]["approval_id"]) == ([True], asked.approval_id)


def test_nothing_acts_on_the_world_unwritten() -> None:
    paper = Paper()
    door = Door(document("ring", rate_limit={"calls": 1, "per_s": 10}), audit=paper)
    paper.full = True
    refused = door.refusal("light_on", light="hall")
    assert (refused.error_code, "no space left" in refused.message) == ("AUDIT", True)
    assert door.refusal("ring").error_code == "AUDIT"
    assert door.refusal("light_on", light="attic").error_code == "ARGUMENT"
    door.admit("thermometer_read")
    door.admit("say", text="the disk is full")
    paper.full = False
    door.admit("ring")  # what was refused took no place in the rate
    assert [entry["api"] for entry in paper.entries] == ["ring"]


def test_a_stop_while_the_entry_is_written_keeps_the_call_back() -> None:
    class Slow(Paper):
        def record(self, kind: str, fields: Any, *, durable: bool = False, waiting_call: str | None = None) -> None:
            super().record(kind, fields, durable=durable, waiting_call=waiting_call)
            door.latch.latch("smoke")

    paper = Slow()
    door = Door(audit=paper)
    with pytest.raises(RunStopped):
        door.admit("light_on", light="hall")
    assert [entry["kind"] for entry in paper.entries] == ["call_allowed", "call_refused"]


def test_a_log_that_is_not_open_refuses() -> None:
    log = AuditLog(Path("/nonexistent"), Path("/nonexistent"), AuditHead(Database(None)))
    door = Door(audit=log)
    with pytest.raises(CallRefused):
        door.admit("light_on", light="hall")

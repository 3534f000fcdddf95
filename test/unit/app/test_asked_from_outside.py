"""What the house and a local client may give, and what is made of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskmatrix_ros.app.home.home_desk import HomeDesk
from taskmatrix_ros.app.home.presence import Presence
from taskmatrix_ros.app.profile.presence_settings import PresenceSettings
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.core.approval import ApprovalAnswer
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import Episode, RunStatus


def test_ids_of_the_house_are_its_own() -> None:
    asked: list[Instruction] = []

    async def submit(instruction: Instruction) -> Episode:
        asked.append(instruction)
        return Episode(instruction=instruction, status=RunStatus.REFUSED)

    async def main() -> None:
        system: Any = SimpleNamespace(session=SimpleNamespace(submit=submit))
        settings = PresenceSettings.model_validate({"instructions": {"topic": "ask", "speaker": "house"}})
        presence = Presence(system, settings, BrokerSettings(), robot=False)
        presence._hear_instruction(b'{"text": "go", "request_id": "rule:r:0:now:1", "conversation_id": "mcp:1"}')
        presence._hear_instruction(b"go")
        await asyncio.gather(*presence._under_way)

    asyncio.run(main())
    assert [one.request_id for one in asked] == ["house:rule:r:0:now:1", ""]
    assert [one.conversation_id for one in asked] == ["house:mcp:1", ""]


@pytest.mark.parametrize("said", ["false", "true", 1, None])
def test_only_true_approves(said: Any) -> None:
    answers: list[ApprovalAnswer] = []
    system: Any = SimpleNamespace(approvals=SimpleNamespace(answer=answers.append))
    desk = HomeDesk.__new__(HomeDesk)
    desk._system, desk._path = system, Path("unused")
    with pytest.raises(RequestError, match="neither true nor false"):
        asyncio.run(desk._approve({"approval_id": "a", "approved": said}))
    assert answers == []
    for plain in (True, False):
        asyncio.run(desk._approve({"approval_id": "a", "approved": plain}))
    assert [answer.approved for answer in answers] == [True, False]

"""A run reads the same over a home's socket as over ROS."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("taskmatrix_interfaces")

from taskmatrix_ros.app.runs import run_plain
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.instruction import Instruction, Mode
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.node.messages import result_message, run_message
from taskmatrix_ros.ros.task_messages import result_to_plain, run_to_plain

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ("text", "mode"),
    [("wait 0.01 seconds", Mode.RUN), ("wait 5 seconds", Mode.DRY_RUN), ("fly to the moon", Mode.RUN)],
)
def test_plain_values_are_those_of_the_messages(text: str, mode: Mode) -> None:
    async def main() -> None:
        system = System([resource("api_manifests/time.yaml")], store_file=None)
        await system.open()
        try:
            view = system.session.start(Instruction(text=text, mode=mode))
            episode = await system.session.finish(view)
            ours, theirs = run_plain.result_to_plain(view, episode), result_to_plain(result_message(view, episode))
            assert ours == theirs
            known = run_plain.run_to_plain(episode, whole=True)
            over_ros = run_to_plain(run_message(episode, whole=True))
            assert {name: over_ros[name] for name in known} == known
        finally:
            await system.close()

    asyncio.run(main())

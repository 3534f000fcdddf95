"""The whole loop over ROS with a scripted model: an outline, its change, faulty code, a failure, another way."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "planner"))
from model_desk import coded, outlined
from scripted_model import Said, ScriptedModel, error
from test_task_node import Graph, play

from taskmatrix_ros.core.instruction import Mode

WISH = "my tea wants something to be in"


def with_model(folder: Path, scenario: Any, *answers: Any, more: str = "") -> None:
    async def served(graph: Graph) -> None:
        await server.__aenter__()
        try:
            settings = graph.node._settings
            assert settings.models is not None
            chat = settings.models.chat.model_copy(update={"base_url": server.url})
            models = settings.models.model_copy(update={"chat": chat})
            graph.node._settings = settings.model_copy(update={"models": models})
            await graph.node.start()
            await scenario(graph, server)
        finally:
            await server.__aexit__()

    server = ScriptedModel(*answers)
    profile = f"models: {{chat: {{base_url: 'http://127.0.0.1:1/v1', model: scripted, retries: 0{more}}}}}\n"
    play(folder, served, more=profile)


def test_outline_edit_faults_failure_and_another_way(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        await graph.locate("cup")
        drafted = await graph.do(WISH, mode=Mode.OUTLINE_ONLY)
        assert drafted["status"] == "dry_run"
        seen = {len(entry["outline"]["steps"]) for entry in graph.feedback if entry["stage"] == "outlining"}
        assert 1 in seen, "the outline is shown while it is being drafted"
        key = drafted["outline"]["outline_id"]
        edited = await graph.request(
            "EditOutline", "edit_outline", outline_id=key, operation=0, step_id="1", text="look round for a unicorn"
        )
        assert (edited.success, edited.outline.planner) == (True, "person"), edited.message
        await graph.request("EditOutline", "edit_outline", outline_id=key, operation=2, step_id="2", repeatable=False)
        wrong = await graph.request("EditOutline", "edit_outline", outline_id=key, operation=2, step_id="9")
        assert (wrong.success, wrong.error_code) == (False, "UNKNOWN_STEP")
        result = await graph.do("", outline_id=key)
        assert result["status"] == "succeeded", result["summary"]
        assert graph.robot.goals == ["unicorn", "cup"]
        statuses = [(call["api"], call["status"]) for call in result["calls"]]
        assert statuses == [("robot_find", "failed"), ("robot_find", "succeeded")]
        findings = server.text_of(2, "user")
        assert "robot_fnd" in findings
        assert "thing" in server.text_of(3, "user")
        assert "unicorn" in server.text_of(4, "user")

    fault = coded('robot_fnd(object="unicorn")')
    other = coded('robot_find(thing="unicorn")')
    slow = Said(text=json.dumps(outlined("look round for a mug", "look round for a cup")), pace_s=0.05)
    first = [slow, fault, other, coded('robot_find(object="unicorn")')]
    with_model(tmp_path, scenario, *first, outlined("look round for a cup"), coded('robot_find(object="cup")'))


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ([error(429)], "unavailable", "MODEL_UNAVAILABLE"),
        ([error(500)], "unavailable", "MODEL_UNAVAILABLE"),
        ([Said(text="late", wait_s=20)], "unavailable", "MODEL_UNAVAILABLE"),
        ([Said(text='{"steps": [', cut=6)], "unavailable", "MODEL_UNAVAILABLE"),
        (['{"steps": [', "still none"], "refused", "MODEL_REPLY"),
        ([outlined("look"), coded("fly_away()"), coded("fly_away()")], "refused", "NOT_VERIFIED"),
        ([outlined("look"), coded("", step_1="wings"), outlined("fly"), coded("", step_1="wings")], "refused",
         "NOTHING_FITS"),
        ([error(401)], "failed", "CONFIG"),
    ],
)  # fmt: skip
def test_what_goes_wrong_at_the_model_ends_as_a_result(
    tmp_path: Path, answers: list[Any], status: str, code: str
) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        result = await graph.do(WISH)
        assert (result["status"], result["error_code"]) == (status, code), result["summary"]
        assert "\n" not in result["summary"]
        assert graph.robot.goals == []

    silent = any(isinstance(answer, Said) and answer.wait_s for answer in answers)
    patience_s = 0.5 if silent else 60.0  # a slow machine must not make silence of another fault
    with_model(tmp_path, scenario, *answers, more=f", timeout_s: {patience_s}")


def test_a_spent_budget_ends_as_a_result(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        result = await graph.do(WISH)
        assert (result["status"], result["error_code"]) == ("refused", "BUDGET")
        assert len(server.requests) == 1

    with_model(tmp_path, scenario, outlined("look for a mug"), more=", budget: {requests: 1}")

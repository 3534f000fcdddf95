"""Approvals over real ROS: shown in feedback and get_run, answered by a service; all but a yes in time is a no."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

from test_task_node import MANIFEST, Graph, play

from taskmatrix_interfaces.msg import Run
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.executor.audit.audit_chain import Chain, audit_files
from taskmatrix_ros.executor.audit.audit_check import check_audit
from taskmatrix_ros.executor.audit.audit_key import read_key
from taskmatrix_ros.ros.task_messages import approval_to_plain
from taskmatrix_ros.store.audit_head import read_audit_head

ASKS = "policy: {approve: [robot_find], approval_expires_s: 600}\n"
ASKS_SHORTLY = "policy: {approve: [robot_find], approval_expires_s: 1.5}\n"
HAZARDOUS = MANIFEST.replace("effect: actuate", "effect: hazardous")


async def asked(graph: Graph) -> Any:
    """Wait until a request for approval was shown in feedback."""
    while not (found := [approval for plain in graph.feedback for approval in plain["approvals"]]):
        await asyncio.sleep(0.01)
    return found[0]


@pytest.mark.parametrize(("manifest", "more"), [(MANIFEST, ASKS), (HAZARDOUS, "")])
def test_a_yes_by_service_lets_the_call_go_out(tmp_path: Path, manifest: str, more: str) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        running = asyncio.ensure_future(graph.do("find the cup"))
        request = await asked(graph)
        assert (request["api"], request["arguments"], request["scope"]) == ("robot_find", {"object": "cup"}, "call")
        assert graph.robot.goals == []
        shown = await graph.request("GetRun", "get_run", run_id=request["run_id"])
        assert [approval_to_plain(entry) for entry in shown.approvals] == [request]
        wrong = await graph.request("Approve", "approve", approval_id="nonsense", approved=True)
        assert (wrong.success, wrong.error_code) == (False, "NOT_PENDING")
        answered = await graph.request("Approve", "approve", approval_id=request["approval_id"], approved=True)
        assert (answered.success, answered.message) == (True, "approved")
        assert (await running)["succeeded"]
        assert graph.robot.goals == ["cup"]
        shown = await graph.request("GetRun", "get_run", run_id=request["run_id"])
        assert list(shown.approvals) == []

    play(tmp_path, scenario, manifest, more)
    settings = load_settings(str(tmp_path / "profile.yaml"))
    files = audit_files(settings.audit_folder)
    report = check_audit(files, Chain(read_key(settings.audit_key_file)), read_audit_head(settings.store_file))
    assert report.fault is None
    kinds = [line.split(b'"kind":"')[1].split(b'"')[0].decode() for line in files[0].read_bytes().splitlines()]
    assert kinds == ["call_held", "approval_requested", "approval_answered", "call_allowed"]


def test_a_no_by_service_is_not_done(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        running = asyncio.ensure_future(graph.do("find the cup"))
        request = await asked(graph)
        fields = {"approval_id": request["approval_id"], "approved": False, "comment": "not now"}
        assert (await graph.request("Approve", "approve", **fields)).message == "denied"
        result = await running
        assert (result["succeeded"], result["calls"][0]["status"]) == (False, "rejected")
        assert "a person said no: not now" in result["calls"][0]["message"]
        assert graph.robot.goals == []

    play(tmp_path, scenario, more=ASKS)


def test_no_answer_is_not_done(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        result = await graph.do("find the cup")
        assert (result["succeeded"], result["calls"][0]["error_code"]) == (False, "APPROVAL")
        assert "nobody answered in time" in result["calls"][0]["message"]
        request = await asked(graph)
        late = await graph.request("Approve", "approve", approval_id=request["approval_id"], approved=True)
        assert (late.success, late.error_code) == (False, "NOT_PENDING")
        assert graph.robot.goals == []

    play(tmp_path, scenario, more=ASKS_SHORTLY)


def test_cancel_while_a_yes_is_missing_is_not_done(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        running = asyncio.ensure_future(graph.do("find the cup"))
        request = await asked(graph)
        graph.client.cancel()
        assert (await running)["status"] == "cancelled"
        late = await graph.request("Approve", "approve", approval_id=request["approval_id"], approved=True)
        assert not late.success
        assert graph.robot.goals == []

    play(tmp_path, scenario, more=ASKS)


def test_a_node_that_restarts_takes_no_yes_to_what_it_asked_before(tmp_path: Path) -> None:
    requests: list[dict[str, Any]] = []

    async def first(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        running = asyncio.ensure_future(graph.do("find the cup"))
        requests.append(await asked(graph))
        await graph.node.cleanup()
        await asyncio.gather(running, return_exceptions=True)
        assert graph.robot.goals == []

    async def second(graph: Graph) -> None:
        await graph.node.start()
        [request] = requests
        answered = await graph.request("Approve", "approve", approval_id=request["approval_id"], approved=True)
        assert (answered.success, answered.error_code) == (False, "NOT_PENDING")
        assert graph.robot.goals == []

    play(tmp_path, first, more=ASKS)
    play(tmp_path, second, more=ASKS)


def test_control_of_what_does_not_run_is_refused_in_one_line(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        for kind, name, fields in (
            ("PauseRun", "pause_run", {"run_id": "nonsense"}),
            ("ResumeRun", "resume_run", {"run_id": "nonsense"}),
            ("ResolveCall", "resolve_call", {"run_id": "nonsense", "call_id": "c", "resolution": 0}),
            ("ResolveCall", "resolve_call", {"run_id": "nonsense", "call_id": "c", "resolution": 9}),
            ("Answer", "answer", {"question_id": "nonsense", "answer": "a"}),
        ):
            response = await graph.request(kind, name, **fields)
            assert (response.success, bool(response.error_code)) == (False, True), name
            assert response.message
            assert "\n" not in response.message

    play(tmp_path, scenario)


def test_a_question_is_shown_and_answered_by_service(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        run_id = (await graph.do("find the cup"))["run_id"]
        assert graph.node.system is not None
        question = Question(
            run_id=run_id,
            call_id="c",
            text="Which cup?",
            choices=("red", "blue"),
            expires_at=utc_now() + timedelta(seconds=600),
        )
        asking = asyncio.create_task(graph.node.system.questions.ask(question))
        while not (shown := await graph.request("GetRun", "get_run", run_id=run_id)).questions:
            await asyncio.sleep(0.01)
        assert (shown.questions[0].text, list(shown.questions[0].choices)) == ("Which cup?", ["red", "blue"])
        fields = {"question_id": question.question_id}
        wrong = await graph.request("Answer", "answer", answer="green", **fields)
        assert (wrong.success, wrong.error_code) == (False, "BAD_ANSWER")
        assert (await graph.request("Answer", "answer", answer="Blue", **fields)).success
        assert await asking == "blue"

    play(tmp_path, scenario)


def test_a_run_is_paused_and_resumed_by_service(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        async def until_status(status: int) -> None:
            while (await graph.request("GetRun", "get_run", run_id=run_id)).run.status != status:
                await asyncio.sleep(0.01)

        await graph.node.start()
        running = asyncio.ensure_future(graph.do("find the slow"))
        while not (graph.robot.goals and graph.feedback):
            await asyncio.sleep(0.01)
        run_id = graph.feedback[-1]["run_id"]
        paused = await graph.request("PauseRun", "pause_run", run_id=run_id, cancel_call=True)
        assert paused.success, paused.message
        await until_status(Run.PAUSED)
        again = await graph.request("PauseRun", "pause_run", run_id=run_id)
        assert not again.success
        assert graph.robot.goals == ["slow"]
        resumed = await graph.request("ResumeRun", "resume_run", run_id=run_id)
        assert resumed.success, resumed.message
        await until_status(Run.RUNNING)
        while len(graph.robot.goals) < 2:
            await asyncio.sleep(0.01)
        graph.client.cancel()
        assert (await running)["status"] == "cancelled"

    play(tmp_path, scenario)


async def taskmatrix(*arguments: str) -> tuple[int, Any]:
    """Run the command line in a process of its own. :returns: exit status and the document it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "taskmatrix_ros.cli.main", *arguments, "--json", stdout=PIPE, stderr=PIPE, stdin=DEVNULL
    )
    out, err = await process.communicate()
    return process.returncode or 0, json.loads(out) if out else err.decode()


def test_the_command_line_shows_approves_and_says_yes(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        running = asyncio.ensure_future(graph.do("find the cup"))
        request = await asked(graph)
        status, listed = await taskmatrix("approve")
        assert (status, listed["approvals"]) == (0, [request])
        status, refused = await taskmatrix("approve", "nonsense")
        assert (status, refused["error_code"]) == (3, "NOT_PENDING")
        status, said = await taskmatrix("approve", request["approval_id"], "--comment", "go")
        assert (status, said["succeeded"]) == (0, True)
        assert (await running)["succeeded"]
        status, done = await taskmatrix("do", "find the cup", "--yes")
        assert (status, done["succeeded"]) == (0, True)
        status, paused = await taskmatrix("runs", "pause", done["run_id"])
        assert (status, paused["succeeded"]) == (3, False)
        profile = str(tmp_path / "profile.yaml")
        status, report = await taskmatrix("audit", "verify", "--profile", profile)
        assert (status, report["fault"]) == (0, None)

    play(tmp_path, scenario, more=ASKS)

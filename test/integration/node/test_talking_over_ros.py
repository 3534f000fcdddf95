"""Pictures, questions, corrections and edits over ROS, and the exit status of commands, with a scripted model."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "planner"))
from model_desk import coded, outlined
from pictures import jpeg, png
from scripted_model import Said, ScriptedModel, error
from test_planning_over_ros import WISH, with_model
from test_task_node import Graph

from taskmatrix_ros.core.instruction import Image, Mode

LOOK = outlined("look round for a cup")
CODE = coded('robot_find(object="cup")')


class Raw(Image):
    """A picture as a client of another make would send it: nothing checked, nothing taken off."""

    @classmethod
    def of(cls, form: str, data: bytes) -> Raw:
        return cls.model_construct(format=form, data=data)


def test_a_picture_of_the_goal_reaches_the_model_without_its_place(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        await graph.locate("cup")
        photo = Raw.of("rgb8; jpeg compressed bgr8", jpeg(640, 480, exif=b"GPS 52.5 N 13.4 E"))
        result = await graph.do("where can I see one of these", images=[photo])
        assert (result["status"], graph.robot.goals) == ("succeeded", ["cup"]), result["summary"]
        text, image = server.requests[0]["messages"][1]["content"]
        assert (text["type"], image["type"]) == ("text", "image_url")
        sent = image["image_url"]["url"]
        assert sent == f"data:image/jpeg;base64,{b64encode(jpeg(640, 480)).decode()}"

    with_model(tmp_path, scenario, LOOK, CODE, more=", pictures: true")


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([Raw.of("svg", b"<svg/>")], "none of jpeg, png"),
        ([Raw.of("png", b"\x89PNG and no more")], "no picture"),
        ([Raw.of("jpeg", png())], "its bytes are a png"),
        ([Raw.of("png", png()[:-4])], "cut or damaged"),
        ([Raw.of("png", png(9000, 9))], "9000 x 9 pixels"),
        ([Raw.of("png", png())], "takes no pictures"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused(tmp_path: Path, pictures: list[Any], said: str) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        result = await graph.do("where is one of these", images=pictures)
        assert (result["status"], result["error_code"]) == ("refused", "PICTURE"), result["summary"]
        assert said in result["summary"]
        assert server.requests == []

    with_model(tmp_path, scenario, LOOK, CODE)


def test_a_question_of_the_model_is_answered_over_ros(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        await graph.locate("cup")
        pending = asyncio.ensure_future(graph.do(WISH, conversation_id="tea"))
        while not (asked := [each for entry in graph.feedback for each in entry["questions"]]):
            await asyncio.sleep(0.01)
        assert (asked[0]["text"], asked[0]["choices"]) == ("A cup or a mug?", [])
        fields = {"question_id": asked[0]["question_id"], "answer": "a cup"}
        assert (await graph.request("Answer", "answer", **fields)).success
        result = await pending
        assert (result["status"], graph.robot.goals) == ("succeeded", ["cup"]), result["summary"]
        assert '"a cup"' in server.text_of(1, "user")
        assert "A cup or a mug?" in server.text_of(1, "user")

    question = {"steps": [], "question": "A cup or a mug?", "refusal": ""}
    with_model(tmp_path, scenario, question, LOOK, CODE)


def test_an_outline_is_changed_while_it_is_done_and_a_run_is_cancelled_by_words(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        await graph.locate("slow", "cup")
        first = asyncio.ensure_future(graph.do("find the slow and find the unicorn", conversation_id="c"))
        while graph.robot.goals != ["slow"] or not _outline_told(graph):
            await asyncio.sleep(0.01)  # feedback comes by a way of its own
        key = _outline_told(graph)
        edited = await graph.request(
            "EditOutline", "edit_outline", outline_id=key, operation=0, step_id="2", text="find the cup"
        )
        assert edited.success, edited.message
        await graph.robot.release_all()
        result = await first
        assert (result["status"], graph.robot.goals) == ("succeeded", ["slow", "cup"]), result["summary"]
        graph.robot.goals.clear()
        second = asyncio.ensure_future(graph.do("find the slow", conversation_id="c"))
        while graph.robot.goals != ["slow"]:
            await asyncio.sleep(0.01)
        word = await graph.do("cancel that", conversation_id="c")
        assert (word["status"], word["summary"]) == ("succeeded", "cancelled: find the slow")
        assert (await second)["status"] == "cancelled"
        third = await graph.do("no, the cup", conversation_id="c")
        assert (third["status"], graph.robot.goals) == ("succeeded", ["slow", "cup"]), third["summary"]
        assert server.requests == []

    with_model(tmp_path, scenario, "never")


def _outline_told(graph: Graph) -> str:
    return str(graph.feedback[-1]["outline"]["outline_id"]) if graph.feedback else ""


async def command(*words: str) -> tuple[int, dict[str, Any]]:
    """Run the command line beside the node. :returns: exit status and the JSON document."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskmatrix_ros.cli.main", *words, "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out or b"{}") | {"stderr": err.decode()}


def test_the_exit_status_tells_how_it_ended(tmp_path: Path) -> None:
    photo, text = tmp_path / "photo.jpg", tmp_path / "notes.jpg"
    photo.write_bytes(jpeg())
    text.write_text("no picture")

    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        await graph.locate("cup")
        status, said = await command("do", "where is one of these", "--image", str(photo), "--speaker", "ann")
        assert (status, said["status"], graph.robot.goals) == (0, "succeeded", ["cup"]), said
        assert [part["type"] for part in server.requests[0]["messages"][1]["content"]] == ["text", "image_url"]
        assert '"speaker": "ann"' in server.text_of(0, "user")
        status, said = await command("do", WISH)
        assert (status, said["error_code"]) == (4, "MODEL_UNAVAILABLE")
        status, said = await command("do", WISH)
        assert (status, said["error_code"]) == (3, "NOT_UNDERSTOOD")
        status, said = await command("do", WISH)
        assert (status, said["error_code"]) == (1, "NOT_FOUND")
        status, said = await command("do", "what is this", "--image", str(text))
        assert (status, "no picture" in json.dumps(said)) == (2, True)
        assert len(server.requests) == 7

    refusal = {"steps": [], "question": "", "refusal": "there is no tea"}
    lost = [outlined("look for a unicorn"), coded('robot_find(object="unicorn")'), refusal]
    with_model(tmp_path, scenario, LOOK, CODE, error(500), refusal, *lost, more=", pictures: true")


def test_half_an_outline_of_a_cut_stream_is_shown_and_then_none(tmp_path: Path) -> None:
    async def scenario(graph: Graph, server: ScriptedModel) -> None:
        result = await graph.do(WISH, mode=Mode.OUTLINE_ONLY)
        assert (result["status"], result["error_code"]) == ("unavailable", "MODEL_UNAVAILABLE")
        shown = {len(entry["outline"]["steps"]) for entry in graph.feedback}
        assert 1 in shown, "the outline was seen coming"
        assert result["outline"]["steps"] == [], "half an outline is none"

    cut = Said(text=json.dumps(outlined("look for a cup", "look for a mug")), cut=180, pace_s=0.05)
    with_model(tmp_path, scenario, cut)

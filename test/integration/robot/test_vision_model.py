"""What is on no object list is found by a vision model: a local server that says what the test wrote down for it."""

from __future__ import annotations

import base64
import json
import math
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from action_msgs.msg import GoalStatus
from coloured_home import Body, write_home
from facts import wait_for
from robot_lab import Child, RobotLab

from taskmatrix_ros.perception.colour_range import ColourRange, to_lab

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

YELLOW = "0.9 0.8 0.1 1"
DUCK = Body("duck", YELLOW, "box", (0.06, 0.08, 0.10))
NOTHING = {"found": False, "left": None, "top": None, "right": None, "bottom": None, "confidence": None}

Picture = np.ndarray


def pointing(left: float, top: float, right: float, bottom: float, confidence: float = 0.9) -> dict[str, Any]:
    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
    return {"found": True, **sides, "confidence": confidence}


def at_yellow(picture: Picture) -> dict[str, Any]:
    """What a model that knows ducks would say: around all that is yellow."""
    rows, columns = np.nonzero(ColourRange.parse("yellow").mask(to_lab(picture)))
    if len(rows) < 30:
        return NOTHING
    height, width = picture.shape[:2]
    return pointing(columns.min() / width, rows.min() / height, columns.max() / width, rows.max() / height)


class Model(ThreadingHTTPServer):
    """Answers pictures by ``answer``; an int is an HTTP status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.answer: Callable[[Picture], dict[str, Any] | int | str] = at_yellow
        self.asked: list[dict[str, Any]] = []
        self.hold = threading.Event()
        self.hold.set()

    def settings(self) -> str:
        url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        shown = {"base_url": url, "model": "seer", "pictures": True, "stream": False, "retries": 0, "timeout_s": 60}
        return json.dumps(shown)


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        model: Model = self.server  # type: ignore[assignment]
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model.asked.append(request)
        model.hold.wait(60.0)
        parts = [part for message in request["messages"] for part in message["content"] if isinstance(part, dict)]
        url = next(part["image_url"]["url"] for part in parts if part["type"] == "image_url")
        data = np.frombuffer(base64.b64decode(url.split(",", 1)[1]), np.uint8)
        said = model.answer(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
        text = said if isinstance(said, str) else json.dumps(said)
        reply = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]}
        shell = {"id": "1", "object": "chat.completion", "created": 1, "model": "seer", **reply}
        body = json.dumps({"error": {"message": "planted"}} if isinstance(said, int) else shell).encode()
        self.send_response(said if isinstance(said, int) else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def model(leaks: Any) -> Iterator[Model]:
    with leaks.long_lived("serve_forever"):
        model = Model()
        thread = threading.Thread(target=model.serve_forever, args=(0.05,), name="serve_forever")
        thread.start()
        yield model
        model.hold.set()
        model.shutdown()
        thread.join()
        model.server_close()


@pytest.fixture(scope="module")
def lab(leaks: Any, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RobotLab]:
    world = write_home(tmp_path_factory.mktemp("duck"), [DUCK], [])
    with leaks.long_lived("taskmatrix_ros", "lab"):
        lab = RobotLab(
            "vision",
            seed=1,
            speed=3.0,
            arguments=("--vision", model.settings()),
            simulator_arguments=("--world", str(world)),
        )
        lab.put("duck", 6.1, 1.5, 0.78)
        yield lab
        lab.close()


@pytest.fixture(autouse=True)
def _as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "lab" in request.fixturenames:
        model: Model = request.getfixturevalue("model")
        model.answer = at_yellow
        model.hold.set()
        request.getfixturevalue("lab").wait_until_free()


def search(lab: RobotLab, **fields: Any) -> Any:
    return lab.send("find", object="rubber duck", place="dining table", **fields)


def test_it_is_found_where_it_is_and_fetched(lab: RobotLab, model: Model) -> None:
    lab.do("go_to", place="dining table")
    found = lab.do("find", object="the rubber duck", place="dining table")
    truth = lab.truth()["objects"]["duck"]
    at = found.pose.pose.position
    assert math.dist((at.x, at.y, at.z), (truth["x_m"], truth["y_m"], truth["z_m"])) < 0.03
    wait_for(lambda: "the rubber duck" in lab.state.located, "robot/state to say what it found")
    asked = model.asked[-1]
    assert "rubber duck" in json.dumps(asked["messages"][-1])
    assert "rubber duck" not in json.dumps(asked["messages"][0]), "a name is data, not a rule"
    lab.do("go_to", object="rubber duck")
    lab.do("pick_up", object="rubber duck")
    assert lab.truth()["holding"] == "duck"
    lab.do("put_down", object="rubber duck", place="dining table")
    end = lab.truth()
    assert end["holding"] is None
    assert end["objects"]["duck"]["z_m"] == pytest.approx(0.72 + 0.05, abs=0.01)
    assert end["hardest_bump"] is None


@pytest.mark.parametrize(
    "answer",
    [
        NOTHING,
        pointing(0.3, 0.02, 0.6, 0.2),  # the wall behind
        pointing(0.7, 0.5, 0.3, 0.6),  # no box
        pointing(0.2, 0.2, 4.0, 9.0),  # pixels, or worse
        pointing(0.4, 0.4, 0.6, 0.6, confidence=0.1),
        {"found": True, "left": "here", "top": None, "right": True, "bottom": 1, "confidence": 1},
    ],
    ids=["no", "a wall", "inside out", "outside", "unsure", "words"],
)
def test_what_is_not_pointed_at_is_not_found(lab: RobotLab, model: Model, answer: dict[str, Any]) -> None:
    model.answer = lambda _picture: answer
    result = search(lab, deadline_s=20.0).result().result
    assert result.error_code in {"NOT_FOUND", "TIMED_OUT"}, result.message
    assert "rubber duck" not in lab.state.located


@pytest.mark.parametrize(
    ("answer", "says"),
    [(500, "planted"), ("no JSON at all", "no JSON object"), (401, "seer")],
    ids=["broken", "prose", "key"],
)
def test_a_model_that_cannot_be_asked_is_told(lab: RobotLab, model: Model, answer: Any, says: str) -> None:
    model.answer = lambda _picture: answer
    result = search(lab).result().result
    assert result.error_code == "NOT_FOUND"
    assert "could not be looked for" in result.message
    assert says in result.message


def test_a_search_is_cancelled_while_the_model_thinks(lab: RobotLab, model: Model) -> None:
    model.hold.clear()
    before = len(model.asked)
    goal = search(lab)
    wait_for(lambda: len(model.asked) > before, "a question")
    goal.cancel()
    answer = goal.result()
    assert (answer.status, answer.result.error_code) == (GoalStatus.STATUS_CANCELED, "CANCELLED")


def test_settings_that_are_none_are_told(tmp_path: Path) -> None:
    server = Child("taskmatrix_ros.robot.process", "--vision", '{"model": "seer"}')
    assert server.end() == 2
    assert "--vision: base_url" in server.errors
    assert "Traceback" not in server.errors

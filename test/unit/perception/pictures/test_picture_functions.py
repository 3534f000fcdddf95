"""The picture APIs by handle: what they give, what they keep, and what they say where something is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from photographs import CUP, jpeg, photograph

from taskmatrix_ros.core.errors import CallFailed, CallUnavailable
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.pictures.artifact_store import ArtifactStore
from taskmatrix_ros.perception.pictures.picture_functions import PictureFunctions
from taskmatrix_ros.registry.registry import Registry

LENS = CameraModel.from_info(640, 480, [600.0, 0, 320, 0, 600, 240, 0, 0, 1], [])


class Camera:
    async def capture(self) -> CameraFrame:
        return CameraFrame(1.0, photograph(), LENS)

    async def depth(self) -> np.ndarray:
        return np.full((4, 4), 2.0, np.float32)


class Seer:
    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    async def ask(self, picture: bytes, question: str) -> str:
        self.asked.append((len(picture), question))
        return "a red cup on a table"


class Painter:
    async def paint(self, text: str) -> bytes:
        return jpeg(photograph()) if text != "nonsense" else b"<html>"

    async def repaint(self, picture: bytes, text: str) -> bytes:
        return picture


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def run(functions: PictureFunctions, name: str, **arguments: Any) -> dict[str, Any]:
    return asyncio.run(functions.by_name()[name](**arguments))


def test_every_document_has_its_function_and_takes_its_arguments(store: ArtifactStore) -> None:
    from taskmatrix_ros.bindings.function.function_registry import argument_problem

    registry = Registry()
    registry.load([resource("api_manifests/pictures.yaml")])
    functions = PictureFunctions(store=store).by_name()
    assert {document.name for document in registry.documents()} == set(functions)
    for document in registry.documents():
        assert document.binding.name == document.name
        assert argument_problem(functions[document.name], set(document.parameters)) is None


def test_a_picture_goes_from_hand_to_hand(store: ArtifactStore) -> None:
    functions = PictureFunctions(store=store, camera=Camera())
    taken = run(functions, "camera_capture")
    assert (taken["width_px"], taken["height_px"]) == (640, 480)
    box = dict(zip(("x_px", "y_px", "width_px", "height_px"), CUP, strict=True))
    for name, more, size in (
        ("image_crop", box, (60, 90)),
        ("image_resize", {"width_px": 64}, (64, 48)),
        ("image_to_edges", {}, (640, 480)),
        ("image_to_lines", {}, (640, 480)),
        ("image_to_sketch", {}, (640, 480)),
        ("image_remove_object", box, (640, 480)),
        ("image_annotate", {"marks": [{**box, "label": "cup"}]}, (640, 480)),
    ):
        made = run(functions, name, picture=taken["picture"], **more)
        assert (made["width_px"], made["height_px"]) == size
        assert store.load(made["picture"]).shape == (size[1], size[0], 3)
    assert run(functions, "image_depth")["median_m"] == 2.0


@pytest.mark.parametrize(
    "mark",
    [
        {},
        {"x_px": 1},
        "everything",
        None,
        {"x_px": "left", "y_px": 0, "width_px": 5, "height_px": 5},
        {"x_px": float("nan"), "y_px": 0, "width_px": 5, "height_px": 5},
        {"x_px": float("inf"), "y_px": 0, "width_px": 5, "height_px": 5},
        {"x_px": 10**9, "y_px": 0, "width_px": 5, "height_px": 5},
    ],
)
def test_a_mark_that_is_no_box(store: ArtifactStore, mark: Any) -> None:
    functions = PictureFunctions(store=store)
    with pytest.raises(CallFailed) as caught:
        run(functions, "image_annotate", picture=store.keep(photograph()), marks=[mark])
    assert caught.value.error_code == "BAD_BOX"
    assert "\n" not in caught.value.message


def test_models_see_and_draw(store: ArtifactStore) -> None:
    seer = Seer()
    functions = PictureFunctions(store=store, camera=Camera(), seer=seer, painter=Painter())
    looked = run(functions, "camera_look", question="What is there?")
    assert looked["answer"] == "a red cup on a table"
    assert run(functions, "describe_scene")["description"] == "a red cup on a table"
    assert run(functions, "image_ask", picture=looked["picture"], question="Which color?")["answer"]
    assert [question for _, question in seer.asked][::2] == ["What is there?", "Which color?"]
    drawn = run(functions, "text_to_image", text="a cup")
    assert run(functions, "image_edit", picture=drawn["picture"], text="bluer")["width_px"] == 640
    with pytest.raises(CallFailed, match="neither PNG nor JPEG"):
        run(functions, "text_to_image", text="nonsense")


def test_what_is_missing_says_so(store: ArtifactStore) -> None:
    functions = PictureFunctions(store=store)
    kept = store.keep(photograph())
    for name, arguments, code in (
        ("camera_capture", {}, "NO_CAMERA"),
        ("describe_scene", {}, "NO_CAMERA"),
        ("image_depth", {}, "NO_CAMERA"),
        ("image_describe", {"picture": kept}, "NO_MODEL"),
        ("text_to_image", {"text": "x"}, "NO_MODEL"),
    ):
        with pytest.raises(CallUnavailable) as caught:
            run(functions, name, **arguments)
        assert caught.value.error_code == code
    described = run(PictureFunctions(store=store, camera=Camera()), "describe_scene")
    assert described["description"] == "Nothing that is known is in sight."


@pytest.mark.parametrize(
    "handle", ["", "x", "../../etc/passwd", "picture_../etc/passwd", "/etc/passwd", "picture_" + "0" * 26]
)
def test_a_handle_is_never_a_path(store: ArtifactStore, handle: str) -> None:
    with pytest.raises(CallFailed) as caught:
        store.load(handle)
    assert caught.value.error_code == "UNKNOWN_PICTURE"


def test_the_oldest_go_when_the_bound_is_reached(tmp_path: Path) -> None:
    picture = photograph()
    store = ArtifactStore(tmp_path / "few")
    size = len(store.load_file(store.keep(picture)))
    small = ArtifactStore(tmp_path / "artifacts", max_bytes=3 * size + 100)
    handles = [small.keep(picture) for _ in range(5)]
    assert sum(file.stat().st_size for file in small.folder.iterdir()) <= 3 * size + 100
    for handle in handles[:2]:
        with pytest.raises(CallFailed, match="any more"):
            small.load(handle)
    assert all(small.load(handle).shape == picture.shape for handle in handles[2:])
    with pytest.raises(CallFailed) as caught:
        ArtifactStore(tmp_path / "tiny", max_bytes=100).keep(picture)
    assert caught.value.error_code == "NO_SPACE"
    assert oct(small.folder.stat().st_mode)[-3:] == "700"

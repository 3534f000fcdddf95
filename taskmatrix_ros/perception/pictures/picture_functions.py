"""The picture APIs: functions of handles, for the documents of ``api_manifests/pictures.yaml``."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.errors import CallFailed, CallUnavailable
from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.pictures import operations
from taskmatrix_ros.perception.pictures.artifact_store import ArtifactStore
from taskmatrix_ros.perception.pictures.operations import Box
from taskmatrix_ros.perception.pictures.picture_file import Pixels, decode_picture, encode_picture
from taskmatrix_ros.perception.pictures.sight import Camera, Painter, Recogniser, Seer

Answer = dict[str, Any]
_DESCRIBE = "Describe in two or three sentences what this picture shows. Name the objects and where they are."


@dataclass(frozen=True, kw_only=True)
class PictureFunctions:
    """What a profile has of cameras and models; what is missing says so when it is asked for.

    A picture is given and taken as a handle of ``store``. Work on pixels is done in a thread.
    """

    store: ArtifactStore
    camera: Camera | None = None
    seer: Seer | None = None
    painter: Painter | None = None
    recogniser: Recogniser | None = None

    def by_name(self) -> dict[str, Callable[..., Awaitable[Answer]]]:
        """Give every function by the name that documents use."""
        functions = (
            self.camera_capture,
            self.camera_look,
            self.describe_scene,
            self.image_crop,
            self.image_resize,
            self.image_to_edges,
            self.image_to_lines,
            self.image_to_sketch,
            self.image_remove_object,
            self.image_depth,
            self.image_annotate,
            self.image_describe,
            self.image_ask,
            self.text_to_image,
            self.image_edit,
        )
        return {function.__name__: function for function in functions}

    # The camera

    async def camera_capture(self) -> Answer:
        """Take a picture."""
        frame = await self._capture()
        return await asyncio.to_thread(self._kept, frame.image)

    async def camera_look(self, question: str) -> Answer:
        """Take a picture and ask about it."""
        frame = await self._capture()
        data = await asyncio.to_thread(encode_picture, frame.image)
        answer = await self._seer().ask(data, question)
        return {"picture": self.store.keep_file(data), "answer": answer}

    async def describe_scene(self) -> Answer:
        """Take a picture and tell what is in it: in a model's words, else by what the robot recognises by itself."""
        frame = await self._capture()
        seen = [] if self.recogniser is None else await asyncio.to_thread(self.recogniser.observe, frame)
        kept = await asyncio.to_thread(self._kept, frame.image)
        if self.seer is not None:
            description = await self.seer.ask(self.store.load_file(kept["picture"]), _DESCRIBE)
        else:
            description = _in_words(seen)
        return {**kept, "description": description, "objects": [_plain(thing) for thing in seen]}

    async def image_depth(self) -> Answer:
        """Measure distances with the depth camera."""
        if self.camera is None:
            raise _no_camera()
        picture, distances = operations.depth_picture(await self.camera.depth())
        kept = await asyncio.to_thread(self._kept, picture)
        return {**kept, **{name: round(value, 3) for name, value in distances.items()}}

    # Pixels

    async def image_crop(self, picture: str, x_px: int, y_px: int, width_px: int, height_px: int) -> Answer:
        """Cut a part out."""
        return await self._changed(picture, lambda p: operations.crop(p, Box(x_px, y_px, width_px, height_px)))

    async def image_resize(self, picture: str, width_px: int | None = None, height_px: int | None = None) -> Answer:
        """Scale to a size."""
        return await self._changed(picture, lambda p: operations.resize(p, width_px, height_px))

    async def image_to_edges(self, picture: str) -> Answer:
        """Draw the edges."""
        return await self._changed(picture, operations.edges)

    async def image_to_sketch(self, picture: str) -> Answer:
        """Draw it as with a pencil."""
        return await self._changed(picture, operations.sketch)

    async def image_to_lines(self, picture: str) -> Answer:
        """Find straight lines."""
        drawing, found = await asyncio.to_thread(lambda: operations.lines(self.store.load(picture)))
        return {**await asyncio.to_thread(self._kept, drawing), "lines": found[:200]}

    async def image_remove_object(
        self,
        picture: str,
        x_px: int | None = None,
        y_px: int | None = None,
        width_px: int | None = None,
        height_px: int | None = None,
        mask: str | None = None,
    ) -> Answer:
        """Fill a box, or what a mask shows white, from what is around it."""

        def work() -> Answer:
            where = Box(x_px or 0, y_px or 0, width_px or 0, height_px or 0) if mask is None else self.store.load(mask)
            return self._kept(operations.remove(self.store.load(picture), where))

        return await asyncio.to_thread(work)

    async def image_annotate(self, picture: str, marks: list[dict[str, Any]]) -> Answer:
        """Draw boxes with their labels."""
        boxes = [_mark(mark) for mark in marks]
        return await self._changed(picture, lambda p: operations.annotate(p, boxes))

    # Models

    async def image_describe(self, picture: str) -> Answer:
        """Have a model tell what a picture shows."""
        return {"answer": await self._seer().ask(self.store.load_file(picture), _DESCRIBE)}

    async def image_ask(self, picture: str, question: str) -> Answer:
        """Ask a model about a picture."""
        return {"answer": await self._seer().ask(self.store.load_file(picture), question)}

    async def text_to_image(self, text: str) -> Answer:
        """Have a model draw."""
        return await asyncio.to_thread(self._received, await self._painter().paint(text))

    async def image_edit(self, picture: str, text: str) -> Answer:
        """Have a model change a picture."""
        return await asyncio.to_thread(
            self._received, await self._painter().repaint(self.store.load_file(picture), text)
        )

    async def _changed(self, picture: str, change: Callable[[Pixels], Pixels]) -> Answer:
        return await asyncio.to_thread(lambda: self._kept(change(self.store.load(picture))))

    def _kept(self, pixels: Pixels) -> Answer:
        height, width = pixels.shape[:2]
        return {"picture": self.store.keep(pixels), "width_px": int(width), "height_px": int(height)}

    def _received(self, data: bytes) -> Answer:
        return self._kept(decode_picture(data))

    async def _capture(self) -> CameraFrame:
        if self.camera is None:
            raise _no_camera()
        return await self.camera.capture()

    def _seer(self) -> Seer:
        if self.seer is None:
            raise CallUnavailable(
                "pictures: no model that takes pictures is configured; give the profile `models.chat` with "
                "`pictures: true`, see docs/models.md",
                code="NO_MODEL",
            )
        return self.seer

    def _painter(self) -> Painter:
        if self.painter is None:
            raise CallUnavailable(
                "pictures: no model that draws is configured; give the profile `models.images`, see docs/models.md",
                code="NO_MODEL",
            )
        return self.painter


def _mark(mark: Any) -> tuple[Box, str]:
    try:
        sides = (int(mark[key]) for key in ("x_px", "y_px", "width_px", "height_px"))
        return Box(*sides), str(mark.get("label") or "")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise CallFailed(
            f"picture: the mark {str(mark)[:80]} is no box; give x_px, y_px, width_px and height_px in "
            "pixels, and a label",
            code="BAD_BOX",
        ) from error


def _no_camera() -> CallUnavailable:
    return CallUnavailable("pictures: this profile has no camera; it needs `ros:` and a robot", code="NO_CAMERA")


def _plain(seen: ObjectObservation) -> dict[str, Any]:
    x, y, _ = (float(value) for value in seen.position_m)
    return {
        "object": seen.name,
        "distance_m": round(seen.distance_m, 2),
        "bearing_rad": round(math.atan2(y, x), 3),
        "confidence_ratio": round(seen.confidence, 2),
    }


def _in_words(seen: list[ObjectObservation] | Any) -> str:
    """Say it plainly, nearest first."""
    if not seen:
        return "Nothing that is known is in sight."
    parts = []
    for thing in seen:
        x, y, _ = (float(value) for value in thing.position_m)
        bearing = math.atan2(y, x)
        side = "ahead" if abs(bearing) < 0.12 else "to the left" if bearing > 0 else "to the right"
        parts.append(f"{thing.name.replace('_', ' ')} {side}, {thing.distance_m:.1f} m away")
    return "In sight: " + "; ".join(parts) + "."

"""What picture functions need of others: a camera, a model that sees, one that draws, and what the robot recognises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.observation import ObjectObservation


class Camera(Protocol):
    """The robot's camera. Both methods raise ``CallUnavailable`` (``NO_CAMERA``) where it sends nothing."""

    async def capture(self) -> CameraFrame:
        """Give a picture taken from now on."""

    async def depth(self) -> NDArray[np.float32]:
        """Give distances measured from now on, ``(H, W)`` metres along the optical axis; not finite where unknown."""


class Seer(Protocol):
    """A model that takes pictures."""

    async def ask(self, picture: bytes, question: str) -> str:
        """Ask about an encoded picture.

        :raises CallUnavailable: it does not answer. :raises CallRefused: the picture is larger than it may be sent.
        """


class Painter(Protocol):
    """A model that draws. Its methods raise ``CallUnavailable`` where it does not answer."""

    async def paint(self, text: str) -> bytes:
        """Draw a picture from words; gives a PNG or JPEG file."""

    async def repaint(self, picture: bytes, text: str) -> bytes:
        """Change a picture by words."""


class Recogniser(Protocol):
    """Finds known objects in a picture, without any model."""

    def observe(self, frame: CameraFrame) -> Sequence[ObjectObservation]:
        """Give what is seen, nearest first."""

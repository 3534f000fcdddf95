"""Records the world to an MP4 file while it is simulated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import cv2
import mujoco
import numpy as np

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.camera import CameraThread, Picture
from taskmatrix_ros.sim.mujoco.simulator import Simulator
from taskmatrix_ros.sim.pictures.film_view import FilmView, film_camera, follow

SIZE_PX = (640, 480)
RATE_HZ = 10.0
_log = logging.getLogger(__name__)
# OpenCV's wheels encode no H.264, for its licence; every player but a browser's knows this one.
_CODEC = cv2.VideoWriter.fourcc(*"mp4v")


class Film:
    """Draws the world at a fixed rate of simulated time and writes it down; a second of film is a simulated second.

    Physics does not wait for a picture: where this machine draws too slowly, the last picture stands longer. The file
    appears under its name when it is whole; until then it lies beside it as ``NAME.part.mp4``.

    :param path: of the MP4 file; one of that name is replaced.
    """

    def __init__(self, simulator: Simulator, path: Path, *, view: FilmView = FilmView.FOLLOW) -> None:
        if path.suffix.lower() != ".mp4":
            raise ConfigError(f"film: '{path}' does not end in .mp4; name an MP4 file")
        self.path = path.absolute()
        self.frames = 0
        self.failure = ""
        self._unfinished = self.path.with_name(f"{path.stem}.part.mp4")
        self._simulator = simulator
        self._writer: cv2.VideoWriter | None = None
        self._start_s = 0.0
        self._last: np.ndarray | None = None
        self._leave: Callable[[], None] = lambda: None
        camera = film_camera(simulator.model, simulator.world, view, SIZE_PX)
        base = simulator.world.robot.links[0].name
        body = simulator.model.body(f"{simulator.world.robot.name}/{base}").id

        def aim(data: mujoco.MjData) -> None:
            if view is FilmView.FOLLOW:
                follow(camera, data, body)

        self._thread = CameraThread(simulator.model, camera, SIZE_PX, self._write, self._complain, aim=aim)

    def open(self) -> None:
        """Create the file and film from the next step on. In the stepping thread, or before it runs.

        :raises ConfigError: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._unfinished.touch()
        except OSError as error:
            raise ConfigError(f"film: cannot write {self.path}: {error.strerror}; choose another folder") from error
        self._writer = cv2.VideoWriter(str(self._unfinished), _CODEC, RATE_HZ, SIZE_PX)
        if not self._writer.isOpened():
            self._unfinished.unlink(missing_ok=True)
            raise ConfigError(f"film: this OpenCV cannot write {self.path}; install opencv-python-headless")
        self._start_s = self._simulator.time_s
        self._thread.open()
        self._leave = self._simulator.every(1.0 / RATE_HZ, self._expose)

    def leave(self) -> None:
        """Take no more pictures. In the stepping thread, or once it has ended."""
        self._leave()

    def close(self) -> bool:
        """Finish the file, after :meth:`leave`; not in the stepping thread, which need not wait for the last picture.

        :returns: whether there is a film; without a single picture there is none, and :attr:`failure` says why.
        """
        self._thread.close()
        if self._writer is not None:
            self._writer.release()
            self._writer = None
        if self.frames == 0:
            self._unfinished.unlink(missing_ok=True)
            self.failure = self.failure or "film: simulated time stood still, so there was nothing to film"
            return False
        self._unfinished.replace(self.path)
        return True

    def _expose(self) -> None:
        self._thread.request(self._simulator.time_s, self._simulator.data.qpos, with_depth=False)

    def _write(self, picture: Picture) -> None:
        """Write a picture at its moment, and the last one for what was missed before. In the camera's thread."""
        assert self._writer is not None
        frame = cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2BGR)
        text = f"{picture.time_s:.1f} s"
        for color, width in (((255, 255, 255), 4), ((40, 36, 30), 1)):
            cv2.putText(frame, text, (12, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.6, color, width, cv2.LINE_AA)
        due = max(self.frames + 1, round((picture.time_s - self._start_s) * RATE_HZ))
        while self.frames < due - 1:
            self._writer.write(frame if self._last is None else self._last)
            self.frames += 1
        self._writer.write(frame)
        self.frames += 1
        self._last = frame

    def _complain(self, text: str) -> None:
        self.failure = text
        _log.error("%s", text)

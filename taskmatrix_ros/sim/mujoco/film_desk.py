"""Starts and ends films while the simulator runs."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.pacer import Pacer
from taskmatrix_ros.sim.mujoco.simulator import Simulator
from taskmatrix_ros.sim.pictures.film_view import FilmView

if TYPE_CHECKING:
    from taskmatrix_ros.sim.mujoco.film import Film


class FilmDesk:
    """Holds the one film that is being made, if any. Nothing is drawn without one.

    Who asks chooses no file: whoever may speak on the ROS graph shall not write where they like.

    :param folder: where films go whose file nobody named on the command line.
    :param view: of every film.
    """

    def __init__(self, simulator: Simulator, pacer: Pacer, folder: Path, view: FilmView = FilmView.FOLLOW) -> None:
        self._simulator, self._pacer = simulator, pacer
        self._folder, self._view = folder, view
        self._film: Film | None = None
        self._lock = threading.Lock()

    def start(self, path: Path | None = None) -> Path:
        """Begin a film. :param path: of its file; by itself one in the folder, named after world and time.

        :returns: where it will lie.
        :raises ConfigError: one is being made, the file cannot be written, or the simulator does not step.
        """
        from taskmatrix_ros.sim.mujoco.film import Film  # OpenCV is loaded only where something is filmed

        with self._lock:
            if self._film is not None:
                raise ConfigError(f"film: {self._film.path} is being recorded; end it first")
            stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
            path = path or self._folder / f"film-{self._simulator.world.name}-{stamp}.mp4"
            film = Film(self._simulator, path, view=self._view)
            film.open()
            self._film = film
            return film.path

    def end(self) -> Path:
        """Finish the film. :returns: where it lies.

        :raises ConfigError: none is being made, or there is not one picture in it.
        """
        with self._lock:
            film, self._film = self._film, None
            if film is None:
                raise ConfigError("film: nothing is being recorded; start a film first")
            if not self._pacer.between_steps(film.leave):
                film.leave()  # nothing steps any more
            if not film.close():
                raise ConfigError(film.failure)
            return film.path

    def close(self) -> None:
        """Finish the film that is still being made, once the pacer is closed."""
        with self._lock:
            film, self._film = self._film, None
        if film is not None:
            film.leave()
            film.close()

    def to_plain(self) -> dict[str, Any] | None:
        """What is being recorded, as JSON-like values; None if nothing is."""
        film = self._film
        return film and {"file": str(film.path), "frames": film.frames, "failure": film.failure}

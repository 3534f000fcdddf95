"""Hears what is wished for without a command: ``The remote, please.``."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.planner.grammar.clause_reader import Doing, Scene
from taskmatrix_ros.planner.things.robot_reader import RobotReader


class RobotWishes:
    """An utterance reader: only a whole utterance can be a wish; inside one the same words belong to a command."""

    def __init__(self, reader: RobotReader) -> None:
        self._reader = reader

    def read(self, text: str, scene: Scene, plan: Callable[[str], str]) -> Doing | None:  # noqa: ARG002
        """Understand a text that is nothing but the name of a thing and ``please``, or the reason for a wish."""
        return self._reader.read_whole(text, scene)

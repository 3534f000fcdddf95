"""Why a skill ended without success."""

from __future__ import annotations

from enum import StrEnum


class SkillErrorCode(StrEnum):
    """The ``error_code`` of the four actions; each action documents which of them it gives."""

    NOT_FOUND = "NOT_FOUND"
    NO_CAMERA = "NO_CAMERA"
    UNKNOWN_PLACE = "UNKNOWN_PLACE"
    NOT_LOCATED = "NOT_LOCATED"
    NO_PATH = "NO_PATH"
    BLOCKED = "BLOCKED"
    LOST = "LOST"
    OUT_OF_REACH = "OUT_OF_REACH"
    HAND_FULL = "HAND_FULL"
    GRASP_FAILED = "GRASP_FAILED"
    NOT_HOLDING = "NOT_HOLDING"
    NO_SPACE = "NO_SPACE"
    RELEASE_FAILED = "RELEASE_FAILED"
    BAD_GOAL = "BAD_GOAL"
    BUSY = "BUSY"
    STOPPED = "STOPPED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"
    UNAVAILABLE = "UNAVAILABLE"


class SkillError(Exception):
    """A skill ends; the message is one line for a person.

    :param code: what the caller can act on.
    """

    def __init__(self, code: SkillErrorCode, message: str) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code

    @property
    def message(self) -> str:
        """The one line."""
        return str(self)

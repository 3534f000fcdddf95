"""What a look at one thing came to."""

from __future__ import annotations

from enum import StrEnum

from taskmatrix_ros.core.frozen import Frozen


class Health(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_USED = "not_used"
    """The profile does not want it."""


class CheckedPart(Frozen):
    """One thing that was looked at. ``said`` is one line; ``remedy`` says what to do where it is not well."""

    part: str
    health: Health
    said: str
    remedy: str = ""


def well(part: str, said: str) -> CheckedPart:
    """It is as it should be."""
    return CheckedPart(part=part, health=Health.OK, said=said)


def unused(part: str, said: str) -> CheckedPart:
    """The profile does not want it."""
    return CheckedPart(part=part, health=Health.NOT_USED, said=said)


def doubtful(part: str, said: str, remedy: str) -> CheckedPart:
    """It works, but not for long or not well."""
    return CheckedPart(part=part, health=Health.WARNING, said=said, remedy=remedy)


def failed(part: str, said: str, remedy: str) -> CheckedPart:
    """It does not work."""
    return CheckedPart(part=part, health=Health.FAILED, said=said, remedy=remedy)

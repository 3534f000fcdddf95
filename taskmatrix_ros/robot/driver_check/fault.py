"""What is wrong with a driver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Kinds of faults, by what has to be mended."""

    SILENT = "SILENT"
    DEAF = "DEAF"
    RATE = "RATE"
    FRAME = "FRAME"
    STAMP = "STAMP"
    JOINTS = "JOINTS"
    LIFT = "LIFT"
    GRIPPER = "GRIPPER"
    TURN = "TURN"
    DRIVE = "DRIVE"
    TWIST = "TWIST"
    SCAN = "SCAN"
    WATCHDOG = "WATCHDOG"
    STOP = "STOP"
    CAMERA = "CAMERA"
    DEPTH = "DEPTH"
    BATTERY = "BATTERY"
    LATE = "LATE"
    """The checker could not keep up: nothing is known of the driver."""
    UNJUDGED = "UNJUDGED"
    """Something that a robot may lack, or that nothing was given to judge it by. No fault, but nor is it good."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: what was seen, what the contract says, and what to do."""

    code: FaultCode
    said: str
    remedy: str

    @property
    def is_grave(self) -> bool:
        """Whether a driver with this cannot be said to keep the contract."""
        return self.code is not FaultCode.UNJUDGED

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.code}: {self.said}; {self.remedy}"

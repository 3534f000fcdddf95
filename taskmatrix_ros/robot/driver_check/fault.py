"""What is wrong with a driver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Kinds of faults, by what has to be mended."""

    SILENT = "SILENT"
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


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: what was seen, what the contract says, and what to do."""

    code: FaultCode
    said: str
    remedy: str

    def __str__(self) -> str:
        """Give it as one line."""
        return f"{self.code}: {self.said}; {self.remedy}"

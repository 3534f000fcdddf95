"""When a gripper takes hold of something and when it lets go: one rule for every simulator."""

from __future__ import annotations

from collections.abc import Callable

# Told to open by more than this lets go, told to close by more than this grips; less is the servo's own slack.
SLACK_M = 0.002


class GraspDecision:
    """Decides from where the fingers are and where they were told to be. How a thing is fastened is the simulator's.

    A thing is taken while the gripper is closing and the simulator says that every finger presses on it; that it is
    near is not enough. It is let go when the fingers are told to open.
    """

    def __init__(self) -> None:
        self.held: str | None = None

    def update(self, command_m: float, position_m: float, pressed: Callable[[], str | None]) -> bool:
        """Look at the fingers once.

        :param command_m: where they were told to go, metres from the middle.
        :param position_m: where they are, the mean of both.
        :param pressed: names what every finger presses on; asked only while it matters.
        :returns: whether ``held`` changed.
        """
        before = self.held
        if before is not None:
            if command_m > position_m + SLACK_M:
                self.held = None
        elif command_m < position_m - SLACK_M:
            self.held = pressed()
        return self.held != before

    def drop(self, name: str = "") -> bool:
        """Let go without being told: it slipped, or somebody took it.

        :param name: only if it is this one; empty for whatever is held.
        :returns: whether ``held`` changed.
        """
        if self.held is None or (name and self.held != name):
            return False
        self.held = None
        return True

"""Lift and fingers, and what is between them by their own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_settings import GraspSettings

if TYPE_CHECKING:  # both speak ROS; what a hand makes of them does not
    from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
    from taskmatrix_ros.robot.skill_run import SkillRun

UNKNOWN_OBJECT = "unknown object"
_COMMANDS = 2  # of one motion of the lift: the first may be lost on its way


@dataclass(frozen=True, slots=True)
class HeldObject:
    """What a grasp took.

    :param called: the name that the goal used.
    :param below_grasp_m: from the middle of the grasp down to the object's bottom.
    :param ahead_m: from the middle of the grasp to the object's middle, along the fingers.
    """

    thing: CatalogueObject
    called: str
    below_grasp_m: float
    ahead_m: float = 0.0


class Hand:
    """Moves the lift and the fingers and waits until they are there, by joint_states.

    What it holds is what the fingers are stopped by: a command to close proves nothing.
    """

    def __init__(self, driver: RobotDriver, robot: RobotDescription, settings: GraspSettings) -> None:
        self._driver = driver
        self._robot = robot
        self._settings = settings
        self._held: HeldObject | None = None

    # -- state ----------------------------------------------------------------------------------------------------

    @property
    def height_m(self) -> float:
        """Middle of the grasp over the floor, metres."""
        joint = self._driver.joint(self._robot.lift.joint)
        return self._robot.gripper.height_at_zero_m + (joint.position if joint is not None else 0.0)

    @property
    def gap_m(self) -> float:
        """Between the fingers, metres; 0.0 before the first reading."""
        gripper = self._robot.gripper
        readings = [self._driver.joint(name) for name in gripper.joints]
        return sum(r.position - gripper.closed_m for r in readings if r is not None)

    @property
    def open_gap_m(self) -> float:
        """The greatest gap, metres."""
        return 2 * (self._robot.gripper.open_m - self._robot.gripper.closed_m)

    @property
    def still(self) -> bool:
        """Whether no finger moves, but for what the robot's own shaking does to them."""
        readings = [self._driver.joint(name) for name in self._robot.gripper.joints]
        slow = 0.2 * self._robot.gripper.max_speed_m_s
        return all(r is not None and not abs(r.velocity) > slow for r in readings)

    @property
    def is_open(self) -> bool:
        """Whether the fingers are as far apart as they go."""
        return self.gap_m > 0.9 * self.open_gap_m

    def grips(self, width_m: float) -> bool:
        """Whether the fingers are stopped by something about this wide."""
        least, most = self._settings.held_gap_ratio
        return least * width_m <= self.gap_m <= most * width_m

    @property
    def held(self) -> HeldObject | None:
        """What the last grasp took, as long as the fingers are still stopped by it."""
        held = self._held
        return held if held is not None and self.still and self.grips(held.thing.grasp_width_m) else None

    @property
    def holding(self) -> str:
        """Name of what is held, as the goal called it; ``unknown object`` if the fingers hold something nobody picked
        up; empty if nothing.
        """
        if self.held is not None:
            return self.held.called
        gap = self.gap_m
        return UNKNOWN_OBJECT if self.still and 0.1 * self.open_gap_m < gap < 0.85 * self.open_gap_m else ""

    # -- motion ---------------------------------------------------------------------------------------------------

    def raise_to(self, run: SkillRun, height_m: float, *, wait: bool = True) -> None:
        """Bring the middle of the grasp to a height, within the lift's range.

        :raises SkillError: UNAVAILABLE if the lift does not get there.
        """
        lift = self._robot.lift
        position = self._robot.lift_for_height(height_m)
        target = self._robot.gripper.height_at_zero_m + position
        sent = 0
        while True:
            run.hold()
            self._driver.command_lift(position)
            if not wait:
                return
            sent += 1
            timeout_s = abs(self.height_m - target) / lift.max_speed_m_s * 2 + 2.0
            there = run.wait_until(lambda: self._is_at(target) or run.suspended is not None, timeout_s)
            if run.suspended is not None:
                self.hold_position()
            elif there or sent == _COMMANDS:
                break
        if not there:
            raise SkillError(
                SkillErrorCode.UNAVAILABLE,
                f"the lift stands at {self.height_m - self._robot.gripper.height_at_zero_m:.3f} m and not at the "
                f"commanded {position:.3f} m; see whether something blocks it",
            )

    def _is_at(self, height_m: float) -> bool:
        return abs(self.height_m - height_m) < 0.006

    def open(self, run: SkillRun) -> bool:
        """Open the fingers.

        :returns: whether they are open.
        """
        run.hold()
        self._driver.command_gripper(self._robot.gripper.open_m)
        opened = run.wait_until(lambda: self.is_open, self._settings.close_timeout_s)
        if opened:
            self._held = None
        return opened

    def close(self, run: SkillRun, thing: CatalogueObject, called: str, below_grasp_m: float, ahead_m: float) -> bool:
        """Close the fingers around something.

        :param below_grasp_m: from the middle of the grasp down to its bottom.
        :returns: whether the fingers were stopped by something of its width.
        """
        run.hold()
        # Said before it is done: if the skill ends meanwhile, the fingers go on closing, and what stops them is this.
        self._held = HeldObject(thing, called, below_grasp_m, ahead_m)
        self._driver.command_gripper(self._robot.gripper.closed_m)
        start = run.now_s
        moved_s = (self.open_gap_m / 2) / self._robot.gripper.max_speed_m_s
        run.wait_until(
            lambda: run.now_s - start > 0.15 and self.still and self.gap_m < 0.97 * self.open_gap_m,
            self._settings.close_timeout_s + moved_s,
        )
        run.pause(self._settings.settle_s)
        if not self.grips(thing.grasp_width_m):
            self._held = None
            return False
        return True

    def adopt(self, thing: CatalogueObject, called: str) -> HeldObject | None:
        """Take somebody's word for what the fingers hold, as after a restart, if its width fits.

        :returns: None if the fingers hold nothing like it.
        """
        if self.holding == UNKNOWN_OBJECT and self.grips(thing.grasp_width_m):
            self._held = HeldObject(thing, called, thing.size_m[2] / 2)
        return self.held

    def hold_position(self) -> None:
        """Leave lift where it is now, as after a stop."""
        joint = self._driver.joint(self._robot.lift.joint)
        if joint is not None:
            self._driver.command_lift(joint.position)

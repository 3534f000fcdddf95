"""One skill while it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from taskmatrix_ros.robot.driver.drive_gate import DriveGate, DriveLease
from taskmatrix_ros.robot.driver.robot_clock import RobotClock
from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_settings import SuspendSettings, WatchSettings

_POLL_WALL_S = 0.03
_FORBIDDEN_S = 1.0  # standing before a zone that must not be entered


@dataclass(frozen=True, slots=True)
class Progress:
    """What a skill tells while it runs.

    :param completion: 0..1, negative while unknown.
    :param state: one of the words its action documents.
    :param remaining_m: of the way, where it drives.
    """

    completion: float
    state: str
    message: str
    remaining_m: float = 0.0


_FIRST_ALIVE_WALL_S = 4.0  # a node that has just said it is ready is discovered within that, also on a busy machine


class SkillRun:
    """Waits, drives and reports for one goal, and ends it when anything forbids to go on.

    Every wait is in ROS time, and every wait ends within 50 ms of wall time when the goal is cancelled, the stop latch
    is set, ``alive`` or ``/clock`` or the driver falls silent, or the deadline passes.

    :param deadline_s: ROS seconds from now.
    :param tell: given each report; may be called from the skill's thread.
    """

    def __init__(
        self,
        name: str,
        *,
        gate: DriveGate,
        clock: RobotClock,
        driver: RobotDriver,
        watch: WatchSettings,
        suspend: SuspendSettings,
        deadline_s: float,
        tell: Callable[[Progress], None],
    ) -> None:
        self.name = name
        self._gate = gate
        self._clock = clock
        self._driver = driver
        self._watch = watch
        self._suspend = suspend
        self._held_s = 0.0
        self._forbidden_since_s: float | None = None
        self._deadline_s = deadline_s
        self._started_s = clock.now_s()
        self._started_wall_s = time.monotonic()
        self._tell = tell
        self._lease: DriveLease | None = None
        self._cancelled = False
        self.last_progress = Progress(-1.0, "", "")

    # -- life -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the right to drive, once the driver and the clock were heard.

        :raises SkillError: the robot must not move now, or the driver is silent.
        """
        # Just after the start the first messages may still be on their way.
        self._gate.wait_for_alive(_FIRST_ALIVE_WALL_S)
        self._gate.check()
        self._lease = self._gate.lease()
        until = time.monotonic() + self._watch.driver_timeout_wall_s
        while time.monotonic() < until and not self._heard():
            if self._cancelled or self._lease.ended is not None:
                break
            with self._driver.changed:
                self._driver.changed.wait(_POLL_WALL_S)
        self._started_s = self._clock.now_s()
        self.check()

    def _heard(self) -> bool:
        topics = ("odom", "joint_states")
        return self._clock.now_s() > 0 and all(math.isfinite(self._driver.silent_wall_s(t)) for t in topics)

    def end(self) -> None:
        """Give it back; the robot stands."""
        if self._lease is not None and self._lease.ended is None:
            self._gate.halt(SkillErrorCode.CANCELLED, f"the skill '{self.name}' is over")

    def cancel(self) -> None:
        """Stop the robot at once; the skill ends at its next step. Thread-safe."""
        self._cancelled = True
        self._gate.halt(SkillErrorCode.CANCELLED, f"the goal of '{self.name}' was cancelled")

    @property
    def elapsed_s(self) -> float:
        """ROS seconds since the start."""
        return self._clock.now_s() - self._started_s

    @property
    def now_s(self) -> float:
        """ROS time."""
        return self._clock.now_s()

    def check(self) -> None:
        """Raise if the skill must end.

        :raises SkillError: CANCELLED, STOPPED, UNAVAILABLE or TIMED_OUT.
        """
        if self._cancelled:
            raise SkillError(SkillErrorCode.CANCELLED, f"the goal of '{self.name}' was cancelled")
        if self._lease is not None and self._lease.ended is not None:
            raise self._lease.ended
        self._gate.check()
        watch = self._watch
        if self._clock.silent_s() > watch.clock_timeout_wall_s:
            raise SkillError(
                SkillErrorCode.UNAVAILABLE,
                f"/clock has been silent for {watch.clock_timeout_wall_s:.0f} s of wall time; see whether the "
                "simulator still runs",
            )
        for topic in ("odom", "joint_states"):
            if self._driver.silent_wall_s(topic) > watch.driver_timeout_wall_s:
                raise SkillError(
                    SkillErrorCode.UNAVAILABLE,
                    f"the robot's driver has not published {topic} for {watch.driver_timeout_wall_s:.0f} s of wall "
                    "time; see whether it still runs",
                )
        if self.elapsed_s > self._deadline_s:
            raise SkillError(
                SkillErrorCode.TIMED_OUT, f"'{self.name}' was not done within its deadline of {self._deadline_s:.0f} s"
            )
        wall_s = self._deadline_s * watch.deadline_wall_factor
        if time.monotonic() - self._started_wall_s > wall_s:
            raise SkillError(
                SkillErrorCode.TIMED_OUT,
                f"'{self.name}' was not done within {wall_s:.0f} s of wall time, {watch.deadline_wall_factor:g} times "
                "its deadline; the clock runs very slowly",
            )

    # -- waiting --------------------------------------------------------------------------------------------------

    def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for a fact.

        :param timeout_s: ROS seconds.
        :returns: whether it came true in time.
        """
        until = self._clock.now_s() + timeout_s
        while not condition():
            self.check()
            if self._clock.now_s() >= until:
                return False
            with self._driver.changed:
                self._driver.changed.wait(_POLL_WALL_S)
        self.check()
        return True

    def pause(self, duration_s: float) -> None:
        """Let ROS time pass."""
        until = self._clock.now_s() + duration_s
        self.wait_until(lambda: self._clock.now_s() >= until, duration_s + 1.0)

    def ticks(self, period_s: float) -> Iterator[float]:
        """Step with fresh odometry.

        :param period_s: ROS seconds between steps, at least.
        :returns: an endless iterator of the ROS seconds since the step before.
        """
        last_s = self._clock.now_s() - period_s
        while True:
            due_s = last_s + period_s * 0.9
            self.wait_until(lambda due=due_s: self._fresh(due), 5.0)  # type: ignore[misc]
            reading = self._driver.odometry
            now_s = reading.stamp_s if reading is not None else self._clock.now_s()
            held_s = self._held_s
            yield max(now_s - last_s, 0.0)
            last_s = now_s + self._held_s - held_s  # a wait that was imposed is no time in which nothing went on

    def _fresh(self, due_s: float) -> bool:
        reading = self._driver.odometry
        return reading is not None and reading.stamp_s >= due_s

    # -- acting ---------------------------------------------------------------------------------------------------

    def drive(self, velocity: Velocity) -> None:
        """Command the wheels.

        :raises SkillError: the robot must not move now.
        """
        if self._lease is None:
            raise RuntimeError(f"skill '{self.name}' drives before it began")
        self._gate.command(self._lease, velocity)
        if self.suspended is not None:
            self.hold()
        elif self._gate.forbidden is None:
            self._forbidden_since_s = None
        else:
            since_s = self._forbidden_since_s = self._forbidden_since_s or self.now_s
            if self.now_s - since_s > _FORBIDDEN_S:
                raise SkillError(SkillErrorCode.BLOCKED, f"the robot does not drive on: {self._gate.forbidden}")

    @property
    def suspended(self) -> str | None:
        """Why the robot has to wait now; None if it need not."""
        return self._gate.suspension()

    def hold(self) -> None:
        """Wait while a person, the bumper or the battery forbids to move.

        :raises SkillError: STOPPED if that takes longer than the settings' patience, and whatever ends a run.
        """
        began_s, told = self.now_s, ""
        while (reason := self.suspended) is not None:
            self.check()
            waited_s = self.now_s - began_s
            if waited_s > self._suspend.patience_s:
                raise SkillError(SkillErrorCode.STOPPED, f"the robot has waited for {waited_s:.0f} s: {reason}")
            if reason != told:
                told = reason
                self.report(self.last_progress.completion, "suspended", f"waiting: {reason}")
            time.sleep(_POLL_WALL_S)
        self._held_s += self.now_s - began_s

    def report(self, completion: float, state: str, message: str, remaining_m: float = 0.0) -> None:
        """Tell how far it is."""
        self.last_progress = Progress(completion, state, message, remaining_m)
        self._tell(self.last_progress)

"""The four skills as ROS actions, one at a time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from taskmatrix_interfaces.action import RobotFind, RobotGoTo, RobotPickUp, RobotPutDown
from taskmatrix_ros.models.model_settings import ModelSettings
from taskmatrix_ros.perception.object_catalogue import spoken_name
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.driver.messages import parse_goal_pose, pose_in_space, pose_on_floor
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import Progress, SkillRun
from taskmatrix_ros.robot.skill_settings import SkillSettings
from taskmatrix_ros.robot.skills.find_skill import FindSkill
from taskmatrix_ros.robot.skills.go_to_skill import GoToSkill
from taskmatrix_ros.robot.skills.pick_up_skill import PickUpSkill
from taskmatrix_ros.robot.skills.put_down_skill import PutDownSkill
from taskmatrix_ros.robot.skills.skill_builder import BuiltRobot, DriveTopics, build_robot
from taskmatrix_ros.robot.skills.state_publisher import StatePublisher

_CLOSE_WALL_S = 3.0


@dataclass(frozen=True, slots=True)
class _Skill:
    """One action: its type, what runs it and fills the result, and the default deadline."""

    kind: Any
    perform: Callable[[SkillRun, Any, Any], None]
    deadline_s: float


class SkillServer:
    """Serves ``robot/find``, ``robot/go_to``, ``robot/pick_up`` and ``robot/put_down`` on a node, by relative names.

    One skill runs at a time: a goal that comes while another runs is accepted and aborted at once with BUSY, so that
    the caller learns why. A skill runs in a thread of its own and the executor only passes messages, so cancel, stop
    and state go on whatever a skill computes; any executor will do, a SingleThreadedExecutor is enough.

    :param node: spun by its owner; needs the parameter ``use_sim_time`` where ``/clock`` is published.
    :param initial_pose: where the robot starts, map frame; None to find out from wall tags.
    :param vision: a model that takes pictures, to find what is on no list.
    """

    def __init__(
        self,
        node: Node,
        world: WorldDescription,
        robot: RobotDescription,
        settings: SkillSettings,
        *,
        safety: DriveTopics | None = None,
        initial_pose: Pose2 | None = None,
        vision: ModelSettings | None = None,
    ) -> None:
        self._node = node
        self._world = world
        self._robot = robot
        self._settings = settings
        self._safety = safety or DriveTopics()
        self._initial_pose = initial_pose
        self._vision = vision
        self._idle = threading.Condition()
        self._active: SkillRun | None = None
        self._closing = False
        self._runs: dict[bytes, SkillRun] = {}
        self._called: dict[str, set[str]] = {}
        self._servers: list[ActionServer] = []
        self._built: BuiltRobot | None = None
        self._state: StatePublisher | None = None
        self._skills: dict[str, _Skill] = {}

    @property
    def built(self) -> BuiltRobot:
        """The parts, once open."""
        if self._built is None:
            raise RuntimeError("the skill server is not open")
        return self._built

    def open(self) -> None:
        """Subscribe to the driver and offer the actions. The node may already be spinning only in this thread."""
        built = self._built = build_robot(
            self._node, self._world, self._robot, self._settings, self._safety, self._vision
        )
        parts, deadlines = built.parts, self._settings.deadlines
        if self._initial_pose is not None:
            loc = self._settings.localization
            parts.localization.start(self._initial_pose, loc.start_error_m, loc.start_error_rad)
        self._state = StatePublisher(
            self._node,
            parts,
            built.driver,
            built.gate,
            doing=lambda: self._active.name if self._active is not None else "",
            called=lambda name: tuple(sorted(self._called.get(name, ()))),
        )
        self._skills = {
            "find": _Skill(RobotFind, self._find, deadlines.find_s),
            "go_to": _Skill(RobotGoTo, self._go_to, deadlines.go_to_s),
            "pick_up": _Skill(RobotPickUp, self._pick_up, deadlines.pick_up_s),
            "put_down": _Skill(RobotPutDown, self._put_down, deadlines.put_down_s),
        }
        group = ReentrantCallbackGroup()
        for name, skill in self._skills.items():
            self._servers.append(
                ActionServer(
                    self._node,
                    skill.kind,
                    f"robot/{name}",
                    execute_callback=self._executor_of(name),
                    goal_callback=lambda _: GoalResponse.ACCEPT,
                    cancel_callback=self._on_cancel,
                    callback_group=group,
                )
            )

    def close(self) -> None:
        """Stop the robot, end the skill that runs, and take the actions back."""
        with self._idle:
            self._closing = True
            if self._active is not None:
                self._active.cancel()
            self._idle.wait_for(lambda: self._active is None, _CLOSE_WALL_S)
        if self._built is not None:
            self._built.gate.close()
        if self._state is not None:
            self._state.close()
        for server in self._servers:
            server.destroy()
        self._servers.clear()

    # -- one goal ---------------------------------------------------------------------------------------------------

    def _executor_of(self, name: str) -> Callable[[ServerGoalHandle], Any]:
        async def execute(handle: ServerGoalHandle) -> Any:
            return await self._execute(name, handle)

        return execute

    async def _execute(self, name: str, handle: ServerGoalHandle) -> Any:
        skill = self._skills[name]
        result = skill.kind.Result()
        try:
            run = self._begin(name, skill, handle)
        except SkillError as error:
            result.error_code, result.message = error.code.value, error.message
            handle.abort()
            return result
        done: Future = Future()

        def work() -> None:
            try:
                self._work(run, skill, handle.request, result)
            finally:
                # Only inside the executor does completing the future wake the coroutine that awaits it.
                executor = self._node.executor
                if executor is not None and self._node.context.ok():
                    executor.create_task(lambda: done.set_result(None))

        threading.Thread(target=work, name=f"skill-{name}", daemon=True).start()
        await done
        self._runs.pop(bytes(handle.goal_id.uuid), None)
        if result.success:
            handle.succeed()
        elif result.error_code == SkillErrorCode.CANCELLED and handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return result

    def _begin(self, name: str, skill: _Skill, handle: ServerGoalHandle) -> SkillRun:
        """Make the run the active one.

        :raises SkillError: BUSY, BAD_GOAL.
        """
        asked_s = float(handle.request.deadline_s)
        if not math.isfinite(asked_s) or asked_s < 0:
            raise SkillError(SkillErrorCode.BAD_GOAL, f"deadline_s is {asked_s}; allowed: 0 for the default, or more")
        built = self.built

        def tell(progress: Progress) -> None:
            if handle.is_active:
                handle.publish_feedback(self._feedback(name, skill.kind, progress))

        with self._idle:
            if self._closing:
                raise SkillError(SkillErrorCode.UNAVAILABLE, "the skill server ends")
            if self._active is not None:
                raise SkillError(
                    SkillErrorCode.BUSY, f"the robot is busy with '{self._active.name}'; try when it is done"
                )
            run = SkillRun(
                name,
                gate=built.gate,
                clock=built.clock,
                driver=built.driver,
                watch=self._settings.watch,
                suspend=self._settings.suspend,
                deadline_s=asked_s or skill.deadline_s,
                tell=tell,
            )
            self._active = run
            self._runs[bytes(handle.goal_id.uuid)] = run
        if handle.is_cancel_requested:
            run.cancel()
        return run

    def _work(self, run: SkillRun, skill: _Skill, goal: Any, result: Any) -> None:
        """Run in the skill's thread, from the right to drive to the filled result."""
        try:
            run.begin()
            skill.perform(run, goal, result)
            result.success = True
        except SkillError as error:
            result.success, result.error_code, result.message = False, error.code.value, error.message
        except Exception as error:  # noqa: BLE001 - a defect must end the goal, not the server
            self._node.get_logger().error(f"skill '{run.name}' failed: {error!r}")
            result.success, result.error_code = False, SkillErrorCode.UNAVAILABLE.value
            result.message = f"the skill server has a defect: {type(error).__name__}: {error}"
        finally:
            run.end()
            with self._idle:
                self._active = None
                self._idle.notify_all()

    def _on_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        run = self._runs.get(bytes(handle.goal_id.uuid))
        if run is not None:
            run.cancel()
        return CancelResponse.ACCEPT

    def _feedback(self, name: str, kind: Any, progress: Progress) -> Any:
        feedback = kind.Feedback()
        feedback.completion = float(progress.completion)
        feedback.state, feedback.message = progress.state, progress.message
        if name == "go_to":
            feedback.distance_remaining_m = float(progress.remaining_m)
            estimate = self.built.parts.localization.estimate()
            if estimate is not None:
                feedback.pose = pose_on_floor(self._world.frame, estimate.stamp_s, estimate.pose)
        return feedback

    # -- the skills: goal in, result out ------------------------------------------------------------------------------

    def _find(self, run: SkillRun, goal: Any, result: Any) -> None:
        self._remember_words(goal.object, goal.place)
        found = FindSkill(self.built.parts).run(run, goal.object, goal.place)
        thing = found.object
        result.object, result.looks, result.confidence_ratio = thing.name, found.looks, float(thing.confidence)
        result.pose = pose_in_space(self._world.frame, thing.seen_at_s, thing.pose)
        result.message = f"{thing.name} is at ({thing.x_m:.2f}, {thing.y_m:.2f}), {thing.z_m:.2f} m high"

    def _go_to(self, run: SkillRun, goal: Any, result: Any) -> None:
        self._remember_words(goal.object, goal.place)
        try:
            pose = parse_goal_pose(goal.pose, self._world.frame)
        except ValueError as error:
            raise SkillError(SkillErrorCode.BAD_GOAL, str(error)) from error
        arrival = GoToSkill(self.built.parts).run(run, place=goal.place, object_name=goal.object, pose=pose)
        result.pose = pose_on_floor(self._world.frame, run.now_s, arrival.pose)
        result.distance_error_m, result.angle_error_rad = arrival.distance_error_m, arrival.angle_error_rad
        result.message = f"the robot stands at {arrival.pose}"

    def _pick_up(self, run: SkillRun, goal: Any, result: Any) -> None:
        self._remember_words(goal.object, "")
        picked = PickUpSkill(self.built.parts).run(run, goal.object)
        result.object, result.attempts = picked.held, picked.attempts
        result.message = f"the gripper holds {picked.held}"

    def _put_down(self, run: SkillRun, goal: Any, result: Any) -> None:
        self._remember_words(goal.object, goal.place)
        put = PutDownSkill(self.built.parts).run(run, goal.object, goal.place)
        thing = put.object
        result.pose = pose_in_space(self._world.frame, thing.seen_at_s, thing.pose)
        seen = "and was seen there" if put.seen else "and was not seen again from here"
        result.message = f"{thing.name} was left at ({thing.x_m:.2f}, {thing.y_m:.2f}) {seen}"

    def _remember_words(self, thing: str, place: str) -> None:
        """Keep the caller's own words for an object and a place: ``robot/state`` gives them back beside the names."""
        known = self._world.catalogue.find(thing) if thing.strip() else None
        where = self._world.find_place(place) if place.strip() else None
        own = known.name if known else spoken_name(thing)  # so is called what was found by a vision model
        for name, word in ((own, thing), (where.name if where else "", place)):
            if name and word != name and len(word) <= 80 and spoken_name(word):
                words = self._called.setdefault(name, set())
                if len(words) < 8:
                    self._called[name] = words | {word}

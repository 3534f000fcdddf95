"""The robot driver contract over Gazebo: the adapter between what ros_gz_bridge carries and what skills know."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from geometry_msgs.msg import PoseStamped, Twist
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import Trigger

from taskmatrix_ros.sim.driver import driver_messages as messages
from taskmatrix_ros.sim.driver.battery import Battery
from taskmatrix_ros.sim.driver.sensor_frames import sensor_frames
from taskmatrix_ros.sim.gazebo.bridge_file import POSE_TOPIC
from taskmatrix_ros.sim.gazebo.command_guard import CommandGuard
from taskmatrix_ros.sim.gazebo.contacts import ContactReader
from taskmatrix_ros.sim.gazebo.fastenings import Fastenings
from taskmatrix_ros.sim.gazebo.gazebo_truth import GazeboTruth
from taskmatrix_ros.sim.gazebo.grasp_region import GraspRegion
from taskmatrix_ros.sim.grasp_decision import SLACK_M, GraspDecision
from taskmatrix_ros.sim.truth.recorder import Recorder

GRIPPER, LIFT = "gripper/command", "lift/command"
_LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_COMMANDS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_CLOCK_WALL_PERIOD_S = 0.01  # /clock at most 100 times a second
_INSIST_WALL_PERIOD_S = 0.1  # what is repeated for the case that it was lost
_COMMANDS_HZ, _JOINTS_HZ, _BUMPER_HZ, _PERSON_HZ, _BATTERY_HZ, _TRUTH_HZ = 100.0, 25.0, 20.0, 5.0, 1.0, 10.0
_STILL_M_S = 0.03  # fingers that are on their way go at 0.1


class GazeboNode:
    """Offers Gazebo's robot to ROS as the driver contract wants it. Names are relative: the namespace is the robot's.

    ``odom``, ``scan``, ``camera/*`` and ``/tf`` go straight through the bridge. This adds ``/clock`` at most at 100 Hz,
    commands with stop latch, watchdog and ramps, ``joint_states`` with effort, ``battery``, ``bumper`` and
    ``person_near``, the gripper that holds what it closes around, and for judges ``sim/poses`` and ``sim/snapshot`` as
    MuJoCo's node has them.

    The world starts paused and everything fastened to the gripper: here all is let go first, then the world runs.

    :param node: spun by its owner; everything here happens in its thread.
    :param run_world: asks that the world runs, called until its clock does.
    :param contacts_type: ``ros_gz_interfaces/msg/Contacts``; None leaves the bumper silent.
    """

    def __init__(
        self,
        node: Node,
        truth: GazeboTruth,
        recorder: Recorder,
        run_world: Callable[[], None],
        *,
        contacts_type: Any = None,
        person_near_m: float = 0.8,
    ) -> None:
        self._node = node
        self._truth = truth
        self._recorder = recorder
        self._run_world = run_world
        self._contacts_type = contacts_type
        self._person_near_m = person_near_m
        world = truth.world
        self._robot = world.robot
        self._people = [model.pose.xyz_m for model in world.models if model.role == "person"]
        self._guard = CommandGuard(self._robot)
        self._region = GraspRegion(world, GRIPPER, LIFT)
        self._grasp = GraspDecision()
        self._contacts = ContactReader(world)
        self._battery = Battery()
        self._controllers = {c.joint: c for c in self._robot.position_controllers}
        self._joints: dict[str, tuple[float, float]] = {}
        self._grip_m: float | None = None  # where the fingers were when they were stopped by what they hold
        self._bumped = False
        self._due_s: dict[str, float] = {}
        self._clock_due = 0.0
        self._heard_clock = False
        self._released = False
        self._runs_since_s: float | None = None

    def open(self) -> None:
        """Create topics and services. In the node's thread."""
        node, names = self._node, self._truth.world.graspable
        self._fastenings = Fastenings(node, names)
        self._clock = node.create_publisher(Clock, "/clock", _COMMANDS)
        self._velocity = node.create_publisher(Twist, "gz/cmd_vel", _COMMANDS)
        self._positions = {t: node.create_publisher(Float64, f"gz/{t}", _COMMANDS) for t in self._guard.topics}
        self._joint_states = node.create_publisher(JointState, "joint_states", 5)
        self._bumper = node.create_publisher(Bool, "bumper", 5)
        self._person_near = node.create_publisher(Bool, "person_near", 5)
        self._battery_state = node.create_publisher(BatteryState, "battery", 5)
        self._poses = node.create_publisher(String, "sim/poses", _LATCHED)
        subscribe = node.create_subscription
        subscribe(Twist, self._robot.drives[0].topic, self._on_velocity, 1)
        for topic in self._guard.topics:
            subscribe(Float64, topic, partial(self._on_position, topic), 1)
        subscribe(Bool, "stop", self._on_stop, _LATCHED)
        subscribe(Clock, "gz/clock", self._on_clock, _NEWEST)
        subscribe(JointState, "gz/joint_states", self._on_joints, _NEWEST)
        for name in (self._robot.name, *names):
            subscribe(PoseStamped, f"{POSE_TOPIC}{name}", partial(self._truth.hear, name), _NEWEST)
        if self._contacts_type is not None:
            subscribe(self._contacts_type, "gz/contacts", self._on_contacts, 10)
        else:
            node.get_logger().warning("gazebo: ros_gz_interfaces is not installed, so the bumper stays silent")
        node.create_service(Trigger, "sim/snapshot", self._on_snapshot)
        node.create_timer(_INSIST_WALL_PERIOD_S, self._insist)
        self._publish_frames()

    @property
    def ready(self) -> bool:
        """Whether the world runs, and the gripper has let go of everything."""
        return self._runs_since_s is not None and bool(self._joints)

    def waits_for(self) -> str:
        """Say, for a person, what is not there yet."""
        missing = []
        if unheard := self._fastenings.unheard:
            missing.append(f"somebody who listens to gz/gripper/detach/{{{','.join(unheard)}}}")
        elif unsettled := self._fastenings.unsettled:
            missing.append(f"the word 'detached' on gz/gripper/state/{{{','.join(unsettled)}}}")
        if not self._heard_clock:
            missing.append("gz/clock")
        elif not self.ready:
            missing.append("a world that runs")
        if not self._joints:
            missing.append("gz/joint_states")
        return " and ".join(missing) or "nothing"

    # -- commands -----------------------------------------------------------------------------------------------------

    def _on_velocity(self, message: Twist) -> None:
        self._guard.set_velocity(message.linear.x, message.angular.z)
        self._send_velocity()

    def _on_position(self, topic: str, message: Float64) -> None:
        self._guard.set_position(topic, message.data)

    def _on_stop(self, message: Bool) -> None:
        self._guard.set_stopped(bool(message.data))
        self._send()

    def _send(self) -> None:
        """Tell the plugins what they may do now; in small steps, for they follow at once."""
        self._guard.advance(self._truth.time_s)
        self._send_velocity()
        for topic, publisher in self._positions.items():
            setpoint = self._guard.setpoint(topic)
            if topic == GRIPPER and self._grip_m is not None:
                # What is fastened no longer collides with the hand (one skeleton in DART): the fingers stay on it.
                setpoint = self._grip_m
            if setpoint is not None:
                publisher.publish(Float64(data=setpoint))

    def _send_velocity(self) -> None:
        message = Twist()
        message.linear.x, message.angular.z = self._guard.velocity
        self._velocity.publish(message)

    # -- the gripper --------------------------------------------------------------------------------------------------

    def _insist(self) -> None:
        self._send()
        self._fastenings.insist()
        if not self._fastenings.settled:
            return
        if self._grasp.held is None:
            self._grip_m = None
        if not self._released:
            self._released = bool(self._joints)
        elif self._runs_since_s is None:
            self._run_world()

    def _watch_grasp(self) -> None:
        fingers = [self._joints.get(c.joint) for c in self._robot.position_controllers if c.topic == GRIPPER]
        if not fingers or None in fingers:
            return
        position = sum(f[0] for f in fingers) / len(fingers)
        if self._grasp.update(self._guard.target(GRIPPER), position, partial(self._pressed, fingers)):
            held = self._truth.held = self._grasp.held
            self._fastenings.want(held)
            self._fastenings.insist()
            if held is not None:
                self._grip_m = position

    def _pressed(self, fingers: list[tuple[float, float]]) -> str | None:
        """Name what both fingers press on: they stand though told to go on, and it is between them."""
        setpoint = self._guard.setpoint(GRIPPER)
        lifts = [self._joints.get(c.joint) for c in self._robot.position_controllers if c.topic == LIFT]
        if setpoint is None or None in lifts or not self._fastenings.settled:
            return None
        if any(position - setpoint < SLACK_M or abs(speed) > _STILL_M_S for position, speed in fingers):
            return None
        lift_m = lifts[0][0] if lifts else 0.0
        fingers_m = sum(position for position, _ in fingers) / len(fingers)
        objects = {name: self._truth.pose(name) for name in self._truth.world.graspable}
        return self._region.enclosed(self._truth.pose(self._robot.name), lift_m, fingers_m, objects)

    # -- what Gazebo says ---------------------------------------------------------------------------------------------

    def _on_clock(self, message: Clock) -> None:
        time_s = message.clock.sec + message.clock.nanosec * 1e-9
        if self._released and self._heard_clock and self._runs_since_s is None and time_s > self._truth.time_s:
            self._runs_since_s = time_s
        self._heard_clock = True
        self._truth.time_s = time_s
        if self._is_due("commands", _COMMANDS_HZ):
            self._send()
        now = time.monotonic()
        if now >= self._clock_due:
            self._clock_due = max(self._clock_due, now - _CLOCK_WALL_PERIOD_S / 2) + _CLOCK_WALL_PERIOD_S
            self._clock.publish(message)
        self._publish_due()

    def _on_joints(self, message: JointState) -> None:
        self._joints = {
            name: (position, speed)
            for name, position, speed in zip(message.name, message.position, message.velocity, strict=True)
        }
        for name, controller in self._controllers.items():
            if name in self._joints:
                self._guard.place(controller.topic, self._joints[name][0])
        self._watch_grasp()
        if self._is_due("joint_states", _JOINTS_HZ):
            message.effort = [self._effort(name) for name in message.name]
            self._joint_states.publish(message)

    def _effort(self, joint: str) -> float:
        """What a servo's controller exerts, N; not a number for the wheels, whose force Gazebo does not tell."""
        controller, state = self._controllers.get(joint), self._joints[joint]
        setpoint = self._guard.setpoint(controller.topic) if controller else None
        if controller is None or setpoint is None:
            return math.nan
        force = controller.p_gain * (setpoint - state[0]) - controller.d_gain * state[1]
        return min(max(force, controller.effort[0]), controller.effort[1])

    def _on_contacts(self, message: Any) -> None:
        bumps = self._contacts.bumps(message)
        self._bumped = self._bumped or bool(bumps)
        self._truth.note(bumps)

    # -- what the contract asks for beyond that -----------------------------------------------------------------------

    def _is_due(self, name: str, rate_hz: float) -> bool:
        now = self._truth.time_s
        due = self._due_s.get(name, now)
        if now < due - 1e-9 and due - now <= 1.0 / rate_hz:
            return False
        self._due_s[name] = max(due, now - 0.5 / rate_hz) + 1.0 / rate_hz
        return True

    def _publish_due(self) -> None:
        if self._is_due("bumper", _BUMPER_HZ):
            bumped, self._bumped = self._bumped, False
            self._bumper.publish(Bool(data=bumped))
        if self._is_due("person_near", _PERSON_HZ):
            self._person_near.publish(Bool(data=self._is_person_near()))
        if self._is_due("battery", _BATTERY_HZ):
            power = sum(abs(self._effort(name) * state[1]) for name, state in self._joints.items() if self._moves(name))
            self._battery.update(power, 1.0 / _BATTERY_HZ)
            self._battery_state.publish(messages.battery_message(self._battery, self._truth.time_s))
        if self._is_due("truth", _TRUTH_HZ):
            self._poses.publish(String(data=json.dumps(self._recorder.record())))

    def _moves(self, joint: str) -> bool:
        return math.isfinite(self._effort(joint))

    def _is_person_near(self) -> bool:
        pose = self._truth.true_pose(self._robot.name)
        return any((x - pose.x_m) ** 2 + (y - pose.y_m) ** 2 < self._person_near_m**2 for x, y, _ in self._people)

    def _on_snapshot(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        response.message = json.dumps(self._recorder.snapshot())
        return response

    def _publish_frames(self) -> None:
        """Say once where camera and scanner sit, where tf2_msgs is installed."""
        try:
            from tf2_msgs.msg import TFMessage
        except ModuleNotFoundError:
            return
        self._static_frames = self._node.create_publisher(TFMessage, "/tf_static", _LATCHED)
        frames = sensor_frames(self._robot, self._robot.drives[0].child_frame_id)
        self._static_frames.publish(TFMessage(transforms=frames))

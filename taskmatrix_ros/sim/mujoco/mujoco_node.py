"""The robot driver contract over a simulator: what a real robot's driver would subscribe and publish."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, JointState, LaserScan
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import SetBool, Trigger

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.driver import driver_messages as messages
from taskmatrix_ros.sim.driver.battery import Battery
from taskmatrix_ros.sim.mujoco.camera_topics import CameraTopics
from taskmatrix_ros.sim.mujoco.film_desk import FilmDesk
from taskmatrix_ros.sim.mujoco.frame_broadcaster import FrameBroadcaster
from taskmatrix_ros.sim.mujoco.lidar import Lidar
from taskmatrix_ros.sim.mujoco.pacer import Pacer
from taskmatrix_ros.sim.mujoco.simulator import Simulator
from taskmatrix_ros.sim.truth.recorder import Recorder
from taskmatrix_ros.sim.truth.true_pose import TruePose

_LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_CAMERA_SIZE = "camera_size"
_CLOCK_WALL_PERIOD_S = 0.01  # at most 100 Hz, however fast simulated time runs
_JOINTS_HZ, _BUMPER_HZ, _PERSON_HZ, _BATTERY_HZ, _TRUTH_HZ = 25.0, 20.0, 5.0, 1.0, 10.0


class MujocoNode:
    """Offers one simulator to ROS. Names are relative: the node's namespace is the robot's.

    Subscribes ``cmd_vel``, ``lift/command``, ``gripper/command``, ``stop``. Publishes ``/clock``, ``odom``,
    ``joint_states``, ``scan``, ``camera/image``, ``camera/camera_info``, ``camera/depth``, ``battery``, ``bumper``,
    ``person_near``; and, for judges only, the ground truth ``sim/poses`` (String, JSON) and the services
    ``sim/snapshot`` (Trigger, JSON in ``message``), ``sim/pause`` (SetBool), ``sim/step`` by one control period while
    paused (Trigger), ``sim/reset`` of everything to where it started while time goes on (Trigger), ``sim/record``
    (SetBool) of a film, whose file is told in ``message``; the topic ``sim/put`` (String, JSON) moves a thing, also out
    of the hand; after the first ``sim/until`` (Float64, s) simulated time runs no further than the last one says, so
    that it never outruns who listens. The parameter ``camera_size`` changes the size of the pictures.

    :param node: spun by its owner; messages are published from the stepping thread and the camera's.
    :param person_near_m: distance between the robot's middle and a person from which ``person_near`` is true.
    """

    def __init__(
        self,
        node: Node,
        simulator: Simulator,
        pacer: Pacer,
        recorder: Recorder,
        films: FilmDesk,
        *,
        person_near_m: float = 0.8,
    ) -> None:
        self._node = node
        self._simulator = simulator
        self._pacer = pacer
        self._recorder = recorder
        self._films = films
        self._person_near_m = person_near_m
        self._robot = simulator.world.robot
        self._people = [model.pose.xyz_m for model in simulator.world.models if model.role == "person"]
        self._battery = Battery()
        self._clock_due = 0.0
        self._bumped = False
        sensors = [sensor for link in self._robot.links for sensor in link.cameras]
        self._cameras = [CameraTopics(node, simulator, sensor) for sensor in sensors]

    def open(self) -> None:
        """Create topics and services and start the camera's thread; steps are the pacer's business."""
        node, simulator, pacer = self._node, self._simulator, self._pacer
        drive = self._robot.drives[0]
        node.create_subscription(Twist, drive.topic, self._on_velocity, 1)
        for topic in simulator.command_topics:
            node.create_subscription(Float64, topic, partial(self._on_position, topic), 1)
        node.create_subscription(Bool, "stop", lambda message: simulator.set_stopped(message.data), _LATCHED)
        node.create_service(Trigger, "sim/snapshot", self._on_snapshot)
        node.create_service(SetBool, "sim/pause", self._on_pause)
        node.create_service(Trigger, "sim/step", partial(self._between_steps, simulator.step))
        node.create_service(Trigger, "sim/reset", partial(self._between_steps, simulator.put_back))
        node.create_service(SetBool, "sim/record", self._on_record)
        node.create_subscription(String, "sim/put", self._on_put, 10)

        clock = node.create_publisher(Clock, "/clock", QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE))
        # The clock message that was heard last may be older than the bound, or none: it is repeated while time waits.
        waiting = partial(self._publish_clock, clock)
        node.create_subscription(Float64, "sim/until", lambda message: pacer.run_until(message.data, waiting), 1)
        simulator.every(0.0, partial(self._publish_clock, clock))
        self._publish(Odometry, drive.odometry_topic, drive.odometry_hz, self._odometry)
        self._publish(JointState, "joint_states", _JOINTS_HZ, self._joint_states)
        self._publish(Bool, "bumper", _BUMPER_HZ, self._bumper)
        self._publish(Bool, "person_near", _PERSON_HZ, self._person_near)
        self._publish(BatteryState, "battery", _BATTERY_HZ, self._battery_state)
        self._publish(String, "sim/poses", _TRUTH_HZ, self._poses, qos=_LATCHED)
        for lidar in simulator.lidars:
            sensor = lidar.sensor
            self._publish(
                LaserScan, sensor.topic, sensor.rate_hz, partial(self._scan, lidar), qos=qos_profile_sensor_data
            )
        simulator.every(0.0, self._watch)
        FrameBroadcaster(node, simulator).open()
        for camera in self._cameras:
            camera.open()
        node.declare_parameter(_CAMERA_SIZE, "")
        node.add_on_set_parameters_callback(self._on_parameters)

    def close(self) -> None:
        """End the camera's thread. The pacer must have been closed, the node is its owner's."""
        for camera in self._cameras:
            camera.close()

    @property
    def pictures_drawn(self) -> int:
        """How many pictures the cameras have drawn."""
        return sum(camera.pictures_drawn for camera in self._cameras)

    def _publish(self, kind: type[Any], topic: str, rate_hz: float, make: Callable[[], Any], qos: Any = 5) -> None:
        publisher = self._node.create_publisher(kind, topic, qos)
        self._simulator.every(1.0 / rate_hz, lambda: publisher.publish(make()))

    def _publish_clock(self, publisher: Any) -> None:
        now = time.monotonic()
        if now >= self._clock_due:
            # Half a period of slack: steps jitter, and a period that starts anew each time would lose every other one.
            self._clock_due = max(self._clock_due, now - _CLOCK_WALL_PERIOD_S / 2) + _CLOCK_WALL_PERIOD_S
            publisher.publish(Clock(clock=messages.stamp(self._simulator.time_s)))

    # Subscriptions and services: the node's thread.

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """The parameter ``camera_size``, as ``1280x960``: of the pictures from now on."""
        try:
            for size in (str(p.value) for p in parameters if p.name == _CAMERA_SIZE):
                wide_high = re.fullmatch(r"(\d{1,4})x(\d{1,4})", size)
                if wide_high is None:
                    raise ConfigError(f"simulation camera: size '{size}' is not WIDTHxHEIGHT in pixels, as 640x480")
                for camera in self._cameras:
                    camera.set_size(int(wide_high[1]), int(wide_high[2]))
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=error.message)
        return SetParametersResult(successful=True)

    def _on_velocity(self, message: Twist) -> None:
        self._simulator.set_velocity(message.linear.x, message.angular.z)

    def _on_position(self, topic: str, message: Float64) -> None:
        self._simulator.set_position(topic, message.data)

    def _on_snapshot(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = True
        more = {"pictures_drawn": self.pictures_drawn, "film": self._films.to_plain()}
        response.message = json.dumps(self._recorder.snapshot() | more)
        return response

    def _on_record(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        try:
            response.message = str(self._films.start() if request.data else self._films.end())
            response.success = True
        except ConfigError as error:
            response.message = error.message
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._pacer.pause(request.data)
        response.success = True
        response.message = "paused" if request.data else "running"
        return response

    def _between_steps(
        self, function: Callable[[], None], _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        response.success = self._pacer.between_steps(function)
        response.message = f"{self._simulator.time_s:.2f} s" if response.success else "the simulator does not step"
        return response

    def _on_put(self, message: String) -> None:
        """Somebody moves a thing: JSON with ``model``, ``x_m``, ``y_m``, ``z_m`` and ``yaw_rad``, world frame."""
        try:
            wanted = json.loads(message.data)
            pose = TruePose(*(float(wanted[key]) for key in ("x_m", "y_m", "z_m")), float(wanted.get("yaw_rad", 0.0)))
            model = str(wanted["model"])
            if model not in self._simulator.true_poses():
                raise ValueError(f"there is no '{model}' that can move")
        except (ValueError, KeyError, TypeError) as error:
            self._node.get_logger().error(f"sim/put: {error}; it takes model, x_m, y_m, z_m and yaw_rad as JSON")
            return
        self._pacer.between_steps(partial(self._simulator.put, model, pose))

    # Publications: the stepping thread.

    def _watch(self) -> None:
        self._bumped = self._bumped or bool(self._simulator.bumps)

    def _odometry(self) -> Odometry:
        return messages.odometry_message(self._simulator.odometry, self._robot.drives[0], self._simulator.time_s)

    def _joint_states(self) -> JointState:
        return messages.joint_message(self._simulator.joint_states(), self._simulator.time_s)

    def _scan(self, lidar: Lidar) -> LaserScan:
        return messages.scan_message(lidar.scan(self._simulator.data), lidar.sensor, self._simulator.time_s)

    def _bumper(self) -> Bool:
        bumped, self._bumped = self._bumped, False
        return Bool(data=bumped)

    def _person_near(self) -> Bool:
        pose = self._simulator.true_pose(self._robot.name)
        near = any((x - pose.x_m) ** 2 + (y - pose.y_m) ** 2 < self._person_near_m**2 for x, y, _ in self._people)
        return Bool(data=near)

    def _battery_state(self) -> BatteryState:
        power = sum(abs(joint.effort * joint.velocity) for joint in self._simulator.joint_states())
        self._battery.update(power, 1.0 / _BATTERY_HZ)
        return messages.battery_message(self._battery, self._simulator.time_s)

    def _poses(self) -> String:
        return String(data=json.dumps(self._recorder.record()))

"""MuJoCo behind Gazebo's topics: what ros_gz_bridge would publish and take, with the habits of Harmonic's plugins.

Everything hangs on the gripper at the start, and the world is paused. A DetachableJoint attaches at any distance, says
its state once, and what it attached no longer touches the robot. DiffDrive keeps its last velocity; a position
controller pulls at its target with all its force; the clock comes at every step; efforts are zero; nothing knows a
stop.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from functools import partial
from typing import Any

import mujoco
from geometry_msgs.msg import PoseStamped, Twist
from nav_msgs.msg import Odometry
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState, LaserScan
from std_msgs.msg import Empty, Float64, String
from std_srvs.srv import SetBool, Trigger

from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.sim.driver import driver_messages as messages
from taskmatrix_ros.sim.mujoco.camera_topics import CameraTopics
from taskmatrix_ros.sim.mujoco.gripper_adapter import GripperAdapter
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.pacer import Pacer
from taskmatrix_ros.sim.mujoco.simulator import Simulator

LIFTED_M = 0.5
_WORLD_ONLY = (4, 1)  # contype, conaffinity of what touches the world and no longer the robot


class Joints:
    """The DetachableJoint of each object. In the stepping thread."""

    def __init__(self, simulator: Simulator, say: Any) -> None:
        self._simulator, self._say = simulator, say
        model, data = simulator.model, simulator.data
        self._adapter = GripperAdapter(model, data, simulator.world.robot)
        self._bodies = {n: model.body(f"{n}/link").id for n in simulator.world.graspable}
        self._geoms = {n: [g for g in range(model.ngeom) if model.geom_bodyid[g] == b] for n, b in self._bodies.items()}
        self._masks = {g: (int(model.geom_contype[g]), int(model.geom_conaffinity[g])) for g in range(model.ngeom)}
        self.attached: set[str] = set()
        for name in self._bodies:
            self.attach(name, say=False)

    # What the simulator asks of its own gripper adapter: this one decides nothing.

    held = held_body = None

    def update(self, command_m: float) -> None:
        """Do nothing."""

    def drop(self, model: str = "") -> None:
        """Do nothing."""

    def attach(self, name: str, *, say: bool = True) -> None:
        if name in self.attached:
            return
        self._adapter._fasten(self._bodies[name])
        self.attached.add(name)
        self._touch_robot(name, False)
        if say:
            self._say(name, "attached")

    def detach(self, name: str) -> None:
        if name not in self.attached:
            return
        self._adapter._loosen(self._bodies[name])
        self.attached.discard(name)
        self._touch_robot(name, True)
        self._say(name, "detached")

    def _touch_robot(self, name: str, touches: bool) -> None:
        model = self._simulator.model
        for geom in self._geoms[name]:
            if self._masks[geom] != (0, 0):
                masks = self._masks[geom] if touches else _WORLD_ONLY
                model.geom_contype[geom], model.geom_conaffinity[geom] = masks


class GazeboPeer:
    def __init__(self, node: Any, simulator: Simulator, pacer: Pacer) -> None:
        self.node, self.simulator, self.pacer = node, simulator, pacer
        self.robot = simulator.world.robot
        self.velocity = (0.0, 0.0)
        self.lift_was_up_at_s: float | None = None
        names = simulator.world.graspable
        self.states = {n: node.create_publisher(String, f"gz/gripper/state/{n}", 10) for n in names}
        self.joints = simulator._gripper = Joints(simulator, self._say)
        for servos in simulator._servos.values():
            for servo in servos:  # joints start at zero, targets at the plugin's initial_position, nothing ramps
                servo.speed, servo.setpoint = 1e9, 0.0
                simulator.data.qpos[servo.position] = simulator.data.ctrl[servo.actuator] = 0.0
        mujoco.mj_forward(simulator.model, simulator.data)
        self.cameras = [CameraTopics(node, simulator, s) for link in self.robot.links for s in link.cameras]

    def open(self) -> None:
        node, simulator, drive = self.node, self.simulator, self.robot.drives[0]
        node.create_subscription(Twist, "gz/cmd_vel", self._on_velocity, 1)
        for topic in simulator.command_topics:
            node.create_subscription(Float64, f"gz/{topic}", partial(self._on_position, topic), 1)
        for name in simulator.world.graspable:
            for what in ("attach", "detach"):
                do = partial(getattr(self.joints, what), name)
                node.create_subscription(Empty, f"gz/gripper/{what}/{name}", partial(self._on_joint, do), 10)
        node.create_service(SetBool, "peer/pause", self._on_pause)
        node.create_service(Trigger, "peer/truth", self._on_truth)
        self.clock = node.create_publisher(Clock, "gz/clock", 1)
        self.joint_states = node.create_publisher(JointState, "gz/joint_states", 1)
        self.odom = node.create_publisher(Odometry, "odom", 5)
        self.scan = node.create_publisher(LaserScan, "scan", 5)
        self.poses = {n: node.create_publisher(PoseStamped, f"gz/pose/{n}", 1) for n in (self.robot.name, *self.states)}
        simulator.every(0.0, self._each_step)
        simulator.every(0.02, self._publish_joints)
        simulator.every(1 / drive.odometry_hz, self._publish_odometry)
        simulator.every(0.05, self._publish_poses)
        for lidar in simulator.lidars:
            simulator.every(1 / lidar.sensor.rate_hz, partial(self._publish_scan, lidar))
        for camera in self.cameras:
            camera.open()
        node.create_timer(0.05, self._while_paused)

    def _say(self, name: str, state: str) -> None:
        self.states[name].publish(String(data=state))

    def _on_velocity(self, message: Twist) -> None:
        self.velocity = (message.linear.x, message.angular.z)

    def _on_position(self, topic: str, message: Float64) -> None:
        self.simulator.set_position(topic, message.data)

    def _on_joint(self, do: Any, _message: Empty) -> None:
        self.pacer.between_steps(do)

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self.pacer.pause(request.data)
        response.success = True
        return response

    def _on_truth(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        poses = {n: [p.x_m, p.y_m, p.z_m, p.yaw_rad] for n, p in self.simulator.true_poses().items()}
        bump = self.simulator.hardest_bump
        response.success = True
        response.message = json.dumps(
            {
                "poses": poses,
                "attached": sorted(self.joints.attached),
                "lift_was_up_at_s": self.lift_was_up_at_s,
                "paused": self.pacer.paused,
                "hardest_bump_n": bump.force_n if bump else 0.0,
            }
        )
        return response

    # The stepping thread, and the node's while paused.

    def _each_step(self) -> None:
        self.simulator.set_velocity(*self.velocity)
        lift = next(j for j in self.simulator.joint_states() if j.name == "lift_joint")
        if self.lift_was_up_at_s is None and lift.position > LIFTED_M:
            self.lift_was_up_at_s = self.simulator.time_s
        self.clock.publish(Clock(clock=messages.stamp(self.simulator.time_s)))

    def _while_paused(self) -> None:
        if self.pacer.paused:
            self.clock.publish(Clock(clock=messages.stamp(self.simulator.time_s)))
            self._publish_joints()

    def _publish_joints(self) -> None:
        message = messages.joint_message(self.simulator.joint_states(), self.simulator.time_s)
        message.effort = [0.0] * len(message.name)
        self.joint_states.publish(message)

    def _publish_odometry(self) -> None:
        message = messages.odometry_message(self.simulator.odometry, self.robot.drives[0], self.simulator.time_s)
        message.pose.covariance[:] = message.twist.covariance[:] = 0.0
        self.odom.publish(message)

    def _publish_scan(self, lidar: Any) -> None:
        ranges = lidar.scan(self.simulator.data)
        self.scan.publish(messages.scan_message(ranges, lidar.sensor, self.simulator.time_s))

    def _publish_poses(self) -> None:
        for name, publisher in self.poses.items():
            start = self.simulator._roots[name]
            x, y, z, qw, qx, qy, qz = (float(v) for v in self.simulator.data.qpos[start : start + 7])
            message = PoseStamped()
            message.header.frame_id = self.simulator.world.name
            message.header.stamp = messages.stamp(self.simulator.time_s)
            message.pose.position.x, message.pose.position.y, message.pose.position.z = x, y, z
            message.pose.orientation.x, message.pose.orientation.y = qx, qy
            message.pose.orientation.z, message.pose.orientation.w = qz, qw
            publisher.publish(message)


def main(namespace: str, seed: int, speed: float) -> None:
    die_with_parent()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator = build_simulator("home", seed=seed).simulator
    context = RosContext()
    context.open()
    thread = NodeThread(context, "gazebo_peer", namespace=namespace)
    node = thread.open()
    pacer = Pacer(simulator, speed=speed)
    pacer.pause(True)
    peer = GazeboPeer(node, simulator, pacer)
    thread.post(peer.open).result(60)
    pacer.open()
    sys.stdout.write("peer ready\n")
    sys.stdout.flush()
    ended.wait()
    pacer.close()
    for camera in peer.cameras:
        camera.close()
    thread.close()
    context.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))

"""Steps the physics of one world by simulated time, and takes the robot's commands. Knows no ROS and no wall clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.sim.driver.joint_state import JointState
from taskmatrix_ros.sim.driver.odometry import OdometryNoise, OdometryState, WheelOdometry
from taskmatrix_ros.sim.mujoco.contact_watch import ContactWatch
from taskmatrix_ros.sim.mujoco.differential_drive import DifferentialDriveController
from taskmatrix_ros.sim.mujoco.finger_contacts import GRIPPER_TOPIC
from taskmatrix_ros.sim.mujoco.friction_grip import FrictionGrip
from taskmatrix_ros.sim.mujoco.gripper_adapter import GripperAdapter
from taskmatrix_ros.sim.mujoco.lidar import Lidar
from taskmatrix_ros.sim.mujoco.mujoco_world import MujocoWorldBuilder
from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.sdf.transforms import yaw_of_quaternion
from taskmatrix_ros.sim.truth.bump import Bump
from taskmatrix_ros.sim.truth.true_pose import TruePose

CONTROL_PERIOD_S = 0.01
COMMAND_TIMEOUT_S = 0.5
_log = logging.getLogger(__name__)
# By itself MuJoCo writes its warnings to a file in whatever folder the process runs in.
mujoco.set_mju_user_warning(lambda text: _log.debug("mujoco: %s", text))
_UNSTABLE = (
    mujoco.mjtWarning.mjWARN_BADQPOS,
    mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
)


class Grasp(StrEnum):
    """What keeps a thing in the hand: ``weld`` fastens what every finger presses on, ``friction`` leaves it to them."""

    WELD = "weld"
    FRICTION = "friction"


class SimulationError(TaskMatrixError):
    """The simulated world can no longer be stepped."""

    code = "SIMULATION"


@dataclass(slots=True)
class _Servo:
    """A position servo whose setpoint moves no faster than its joint may."""

    actuator: int
    position: int
    target: float
    setpoint: float
    low: float
    high: float
    speed: float


class Simulator:
    """One world with one robot.

    Deterministic: the same world, seed and commands at the same simulated times give the same states, bit for bit.
    Commands may come from any thread; everything else belongs to the thread that steps.

    :param seed: of the noise of odometry and scanner.
    :param grasp: what keeps a thing in the hand.
    :source: MuJoCo ``mj_step``.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 0,
        odometry_noise: OdometryNoise | None = None,
        grasp: Grasp = Grasp.WELD,
    ) -> None:
        self.world = world
        self.model = MujocoWorldBuilder(world, holds_by_friction=grasp is Grasp.FRICTION).build()
        self.data = mujoco.MjData(self.model)
        robot = world.robot
        generators = np.random.default_rng(seed).spawn(2)
        drive = robot.drives[0]
        self._drive = DifferentialDriveController(drive)
        self._odometry = WheelOdometry(
            drive.wheel_radius_m, drive.wheel_separation_m, odometry_noise or OdometryNoise(), generators[0]
        )
        self._wheels = (
            [self.model.actuator(f"{robot.name}/{j}").id for j in drive.left_joints],
            [self.model.actuator(f"{robot.name}/{j}").id for j in drive.right_joints],
        )
        self._wheel_positions = [
            self.model.joint(f"{robot.name}/{joints[0]}").qposadr[0]
            for joints in (drive.left_joints, drive.right_joints)
        ]
        self._servos = self._make_servos()
        self._joints = [
            (
                joint.name,
                self.model.joint(f"{robot.name}/{joint.name}"),
                self.model.actuator(f"{robot.name}/{joint.name}").id,
            )
            for joint in robot.joints
            if joint.name in {a.partition("/")[2] for a in self._actuator_names()}
        ]
        self.lidars = [
            Lidar(self.model, robot, link, sensor, generators[1]) for link in robot.links for sensor in link.lidars
        ]
        gripper = FrictionGrip if grasp is Grasp.FRICTION else GripperAdapter
        self._gripper = gripper(self.model, self.data, robot)
        self._contacts = ContactWatch(self.model, self.data, world)
        roots = {m.name: self.model.joint(f"{m.name}/root") for m in world.models if not m.is_static}
        self._roots = {name: int(joint.qposadr[0]) for name, joint in roots.items()}
        self._root_velocities = {name: int(joint.dofadr[0]) for name, joint in roots.items()}
        self._substeps = max(1, round(CONTROL_PERIOD_S / self.model.opt.timestep))
        self._ticks = 0
        self._listeners: list[tuple[int, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._velocity = (0.0, 0.0)
        self._velocity_tick = -(10**9)
        self._stopped = False
        self.bumps: list[Bump] = []
        self.hardest_bump: Bump | None = None
        self._settle_servos()
        mujoco.mj_forward(self.model, self.data)
        self._start = np.array(self.data.qpos)

    # Commands: any thread.

    def set_velocity(self, linear_m_s: float, angular_rad_s: float) -> None:
        """Drive; holds for ``COMMAND_TIMEOUT_S`` of simulated time. Ignored while stopped or not finite."""
        if not np.isfinite([linear_m_s, angular_rad_s]).all():
            return
        with self._lock:
            if not self._stopped:
                self._velocity = (linear_m_s, angular_rad_s)
                self._velocity_tick = self._ticks

    def set_position(self, topic: str, position: float) -> None:
        """Send the servos of a command topic to a position, cut to their limits. Ignored while stopped or not finite.

        :param position: m or rad.
        :raises KeyError: no servo listens to that topic.
        """
        servos = self._servos[topic]
        if not np.isfinite(position):
            return
        with self._lock:
            if not self._stopped:
                for servo in servos:
                    servo.target = min(max(position, servo.low), servo.high)

    def set_stopped(self, stopped: bool) -> None:
        """Hold everything still while true; what was commanded before is forgotten. Saying it again changes nothing."""
        with self._lock:
            if stopped == self._stopped:
                return
            self._stopped = stopped
            self._velocity = (0.0, 0.0)
            if stopped:
                for servos in self._servos.values():
                    for servo in servos:
                        servo.target = servo.setpoint

    # The stepping thread's own.

    @property
    def time_s(self) -> float:
        """Simulated time, exact to the control period."""
        return self._ticks * CONTROL_PERIOD_S

    @property
    def command_topics(self) -> list[str]:
        """Topics of the position servos."""
        return sorted(self._servos)

    def every(self, period_s: float, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called each period of simulated time, from the next step on.

        :returns: what ends that; once it was called between two steps, the function is not called again.
        """
        entry = (max(1, round(period_s / CONTROL_PERIOD_S)), listener)
        self._listeners = [*self._listeners, entry]

        def end() -> None:
            self._listeners = [other for other in self._listeners if other is not entry]

        return end

    def step(self) -> None:
        """Advance one control period.

        :raises SimulationError: positions, velocities or forces are no longer finite.
        """
        with self._lock:
            expired = (self._ticks - self._velocity_tick) * CONTROL_PERIOD_S >= COMMAND_TIMEOUT_S
            velocity = (0.0, 0.0) if expired else self._velocity
            self._move_setpoints()
        left, right = self._drive.update(*velocity, CONTROL_PERIOD_S)
        for actuators, speed in zip(self._wheels, (left, right), strict=True):
            self.data.ctrl[actuators] = speed
        mujoco.mj_step(self.model, self.data, self._substeps)
        self._ticks += 1
        self._verify_stable()
        positions = self.data.qpos[self._wheel_positions]
        self._odometry.update(float(positions[0]), float(positions[1]), CONTROL_PERIOD_S)
        if GRIPPER_TOPIC in self._servos:
            self._gripper.update(self._servos[GRIPPER_TOPIC][0].target)
        self._watch_bumps()
        for ticks, listener in self._listeners:
            if self._ticks % ticks == 0:
                listener()

    def run_until(self, time_s: float) -> None:
        """Step until that simulated time."""
        while self.time_s < time_s - CONTROL_PERIOD_S / 2:
            self.step()

    @property
    def odometry(self) -> OdometryState:
        """What the wheels say."""
        return self._odometry.state

    @property
    def stopped(self) -> bool:
        """Whether the stop latch holds."""
        return self._stopped

    def joint_states(self) -> list[JointState]:
        """Every driven joint of the robot."""
        data = self.data
        return [
            JointState(
                name,
                float(data.qpos[joint.qposadr[0]]),
                float(data.qvel[joint.dofadr[0]]),
                float(data.actuator_force[actuator]),
            )
            for name, joint, actuator in self._joints
        ]

    # Ground truth: for the judge, never for skills.

    @property
    def held(self) -> str | None:
        """Name of what the gripper really holds."""
        return self._gripper.held

    def true_pose(self, model: str) -> TruePose:
        """Pose of a model that can move.

        :raises KeyError: there is no such model, or it is static.
        """
        start = self._roots[model]
        x, y, z, *quaternion = (float(v) for v in self.data.qpos[start : start + 7])
        return TruePose(x, y, z, yaw_of_quaternion(*quaternion))

    def true_poses(self) -> dict[str, TruePose]:
        """Poses of everything that can move, by model."""
        return {name: self.true_pose(name) for name in self._roots}

    def put(self, model: str, pose: TruePose) -> None:
        """Set a model down somewhere else, at rest: somebody moved it. In the stepping thread.

        :raises KeyError: there is no such model, or it is static.
        """
        position, velocity = self._roots[model], self._root_velocities[model]
        self._gripper.drop(model)
        half = pose.yaw_rad / 2
        self.data.qpos[position : position + 7] = [pose.x_m, pose.y_m, pose.z_m, np.cos(half), 0.0, 0.0, np.sin(half)]
        self.data.qvel[velocity : velocity + 6] = 0.0
        mujoco.mj_forward(self.model, self.data)

    def put_back(self) -> None:
        """Put robot and things back to where they started, at rest and with an empty hand. In the stepping thread.

        Time goes on, and so does odometry: the wheels have not turned.
        """
        self._gripper.drop()
        wheels = self.data.qpos[self._wheel_positions].copy()
        self.data.qpos[:], self.data.qvel[:] = self._start, 0.0
        self.data.qpos[self._wheel_positions] = wheels
        with self._lock:
            self._velocity = (0.0, 0.0)
            for servos in self._servos.values():
                for servo in servos:
                    servo.target = servo.setpoint = float(self._start[servo.position])
                    self.data.ctrl[servo.actuator] = servo.setpoint
        mujoco.mj_forward(self.model, self.data)

    def state_vector(self) -> NDArray[np.float64]:
        """Everything that decides what happens next, for comparing two runs."""
        size = mujoco.mj_stateSize(self.model, mujoco.mjtState.mjSTATE_INTEGRATION)
        state = np.empty(size)
        mujoco.mj_getState(self.model, self.data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
        return state

    def _actuator_names(self) -> list[str]:
        return [self.model.actuator(i).name for i in range(self.model.nu)]

    def _make_servos(self) -> dict[str, list[_Servo]]:
        robot = self.world.robot
        servos: dict[str, list[_Servo]] = {}
        for controller in robot.position_controllers:
            joint = robot.joint(controller.joint)
            name = f"{robot.name}/{controller.joint}"
            start = min(max(controller.initial_position, joint.limits[0]), joint.limits[1])
            servos.setdefault(controller.topic, []).append(
                _Servo(
                    actuator=self.model.actuator(name).id,
                    position=int(self.model.joint(name).qposadr[0]),
                    target=start,
                    setpoint=start,
                    low=joint.limits[0],
                    high=joint.limits[1],
                    speed=joint.velocity,
                )
            )
        return servos

    def _settle_servos(self) -> None:
        for servos in self._servos.values():
            for servo in servos:
                self.data.qpos[servo.position] = servo.setpoint
                self.data.ctrl[servo.actuator] = servo.setpoint

    def _move_setpoints(self) -> None:
        for servos in self._servos.values():
            for servo in servos:
                reach = servo.speed * CONTROL_PERIOD_S
                servo.setpoint += min(max(servo.target - servo.setpoint, -reach), reach)
                self.data.ctrl[servo.actuator] = servo.setpoint

    def _verify_stable(self) -> None:
        for warning in _UNSTABLE:
            if self.data.warning[warning].number:
                raise SimulationError(
                    f"simulation: physics of world '{self.world.name}' became unstable at {self.time_s:.2f} s "
                    "(a position, velocity or force is no longer finite); use a smaller max_step_size in the world file"
                )

    def _watch_bumps(self) -> None:
        self.bumps = self._contacts.bumps()
        for bump in self.bumps:
            if self.hardest_bump is None or bump.force_n > self.hardest_bump.force_n:
                self.hardest_bump = bump

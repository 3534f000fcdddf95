"""A robot as built: sizes, mounts and limits, from ``config/robot/<name>.yaml``."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, model_validator

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.robot.description.description_file import description_file, load_description


class BaseDescription(Frozen):
    """The drive: a disc on two wheels."""

    footprint_radius_m: float = Field(gt=0)
    height_m: float = Field(gt=0)
    wheel_radius_m: float = Field(gt=0)
    wheel_separation_m: float = Field(gt=0)
    max_linear_m_s: float = Field(gt=0)
    max_angular_rad_s: float = Field(gt=0)
    max_linear_acceleration_m_s2: float = Field(gt=0)
    max_angular_acceleration_rad_s2: float = Field(gt=0)
    cmd_vel_timeout_s: float = Field(gt=0)


class CameraDescription(Frozen):
    """A camera that is fixed to the base."""

    frame_id: str
    x_m: float
    y_m: float
    z_m: float
    pitch_rad: float
    horizontal_fov_rad: float = Field(gt=0, lt=math.pi)
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)

    def base_from_camera(self) -> Transform:
        """Pose of the optical frame in base_link."""
        body = Transform.from_rpy((self.x_m, self.y_m, self.z_m), (0.0, self.pitch_rad, 0.0))
        return Transform(body.rotation @ OPTICAL_IN_BODY, body.translation)

    def ideal_model(self) -> CameraModel:
        """The camera as described; what it publishes as camera_info counts more where it is known."""
        fovy = 2 * math.atan(math.tan(self.horizontal_fov_rad / 2) * self.height_px / self.width_px)
        return CameraModel.from_fovy(self.width_px, self.height_px, fovy)


class LidarDescription(Frozen):
    """A scanner that sweeps one level plane."""

    frame_id: str
    x_m: float
    y_m: float
    z_m: float
    angle_min_rad: float
    angle_max_rad: float
    range_max_m: float = Field(gt=0)


class LiftDescription(Frozen):
    """The axis that carries the gripper."""

    joint: str
    min_m: float
    max_m: float
    max_speed_m_s: float = Field(gt=0)


class GripperDescription(Frozen):
    """Two fingers that close along y."""

    joints: tuple[str, str]
    closed_m: float
    open_m: float
    max_speed_m_s: float = Field(gt=0)
    max_force_n: float = Field(gt=0)
    grasp_x_m: float
    palm_x_m: float
    tip_x_m: float
    finger_height_m: float = Field(gt=0)
    height_at_zero_m: float


class LiftInterface(Frozen):
    """How the lift is told where to go: ``name`` is a topic, or the action of ``follow_joint_trajectory``."""

    kind: Literal["float64", "joint_trajectory", "follow_joint_trajectory"] = "float64"
    name: str = Field(default="lift/command", min_length=1)


class GripperInterface(Frozen):
    """How the fingers are told where to go: ``name`` is a topic, or the action of ``gripper_command``.

    :param position: what ``gripper_command`` means by its position: the ``gap`` between both fingers, or the way of
        each ``finger`` from the middle.
    """

    kind: Literal["float64", "gripper_command"] = "float64"
    name: str = Field(default="gripper/command", min_length=1)
    position: Literal["gap", "finger"] = "gap"


class InterfaceDescription(Frozen):
    """How the robot's driver is spoken to; left out, as the driver contract has it.

    :param velocity: type of ``cmd_vel``.
    :param navigation: who finds the way: the skill server, or Nav2 by its action ``navigate_to_pose``.
    :param nav2_velocity: where Nav2 publishes its velocities; they reach ``cmd_vel`` through the skill server's limits.
    """

    velocity: Literal["twist", "twist_stamped"] = "twist"
    navigation: Literal["own", "nav2"] = "own"
    navigate_to_pose: str = Field(default="navigate_to_pose", min_length=1)
    nav2_velocity: str = Field(default="nav2/cmd_vel", min_length=1)
    lift: LiftInterface = LiftInterface()
    gripper: GripperInterface = GripperInterface()

    @model_validator(mode="after")
    def _check(self) -> InterfaceDescription:
        if self.nav2_velocity == "cmd_vel":
            raise ValueError("nav2_velocity must not be cmd_vel: Nav2 would drive past the limits of the skill server")
        return self


class RobotDescription(Frozen):
    """All that the skills know of a robot's body, and how its driver is spoken to."""

    name: str
    base: BaseDescription
    camera: CameraDescription
    lidar: LidarDescription
    lift: LiftDescription
    gripper: GripperDescription
    interface: InterfaceDescription = InterfaceDescription()

    @model_validator(mode="after")
    def _check(self) -> RobotDescription:
        if not self.gripper.closed_m < self.gripper.open_m:
            raise ValueError("gripper.closed_m must be less than gripper.open_m")
        if not self.lift.min_m < self.lift.max_m:
            raise ValueError("lift.min_m must be less than lift.max_m")
        return self

    @classmethod
    def load(cls, name: str) -> RobotDescription:
        """Read ``config/robot/<name>.yaml``.

        :raises ConfigError: it is missing or wrong.
        """
        return load_description(description_file("robot", name), cls)

    def lift_for_height(self, height_m: float) -> float:
        """Lift position that brings the middle of the grasp to a height over the floor, within the lift's range."""
        return min(max(height_m - self.gripper.height_at_zero_m, self.lift.min_m), self.lift.max_m)

    @property
    def reach_radius_m(self) -> float:
        """From the base's middle to the finger tips: what a turn on the spot sweeps."""
        return max(self.base.footprint_radius_m, math.hypot(self.gripper.tip_x_m, self.gripper.open_m + 0.03))

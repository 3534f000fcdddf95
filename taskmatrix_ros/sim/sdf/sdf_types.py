"""What an SDF world says, as frozen data. Metres, radians, kilograms; poses are relative to the parent named."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.sdf.sdf_plugins import DetachableJoint, DifferentialDrive, PositionController

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """Position and fixed-axis roll, pitch, yaw."""

    xyz_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rpy_rad: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Shape(Enum):
    """Supported geometries and what ``Geometry.size_m`` holds for each."""

    BOX = "box"  # full lengths along x, y, z
    CYLINDER = "cylinder"  # radius, length along z
    SPHERE = "sphere"  # radius
    CAPSULE = "capsule"  # radius, length of the straight part along z


@dataclass(frozen=True, slots=True)
class Geometry:
    """A primitive, centered on its own origin. :param size_m: see :class:`Shape`."""

    shape: Shape
    size_m: tuple[float, ...]

    @property
    def extent_m(self) -> tuple[float, float, float]:
        """Full lengths of the upright bounding box."""
        match self.shape:
            case Shape.BOX:
                x, y, z = self.size_m
            case Shape.CYLINDER:
                x = y = 2 * self.size_m[0]
                z = self.size_m[1]
            case Shape.SPHERE:
                x = y = z = 2 * self.size_m[0]
            case Shape.CAPSULE:
                x = y = 2 * self.size_m[0]
                z = self.size_m[1] + 2 * self.size_m[0]
        return x, y, z


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks. :param texture: an image that covers each face of a box, or None."""

    rgba: tuple[float, float, float, float] = (0.7, 0.7, 0.7, 1.0)
    specular: float = 0.0
    texture: Path | None = None


@dataclass(frozen=True, slots=True)
class Collision:
    """A shape that touches. :param friction: Coulomb coefficient; of two that touch, the lower one counts."""

    name: str
    pose: Pose
    geometry: Geometry
    friction: float = 1.0


@dataclass(frozen=True, slots=True)
class Visual:
    """A shape that is seen."""

    name: str
    pose: Pose
    geometry: Geometry
    material: Material


@dataclass(frozen=True, slots=True)
class Inertial:
    """Mass and its distribution. :param moments: ixx, iyy, izz, ixy, ixz, iyz about the center of mass, kg m2."""

    mass_kg: float = 1.0
    pose: Pose = Pose()
    moments: tuple[float, float, float, float, float, float] = (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CameraSensor:
    """A pinhole camera that looks along the x axis of its pose, with z up.

    :param pose: in the link's frame.
    :param horizontal_fov_rad: kept when another picture size is asked for.
    """

    name: str
    pose: Pose
    topic: str
    frame_id: str
    rate_hz: float
    width_px: int
    height_px: int
    horizontal_fov_rad: float
    near_m: float
    far_m: float


@dataclass(frozen=True, slots=True)
class LidarSensor:
    """A planar scanner; rays lie in the x-y plane of its pose, counterclockwise from ``angle_min_rad``."""

    name: str
    pose: Pose
    topic: str
    frame_id: str
    rate_hz: float
    samples: int
    angle_min_rad: float
    angle_max_rad: float
    range_min_m: float
    range_max_m: float


@dataclass(frozen=True, slots=True)
class Link:
    """A rigid body. :param pose: in the model's frame."""

    name: str
    pose: Pose
    inertial: Inertial
    collisions: tuple[Collision, ...] = ()
    visuals: tuple[Visual, ...] = ()
    cameras: tuple[CameraSensor, ...] = ()
    lidars: tuple[LidarSensor, ...] = ()


class JointKind(Enum):
    """Supported joints."""

    FIXED = "fixed"
    REVOLUTE = "revolute"
    PRISMATIC = "prismatic"


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint at the origin of its child link.

    :param axis: unit vector in the child link's frame.
    :param limits: lower and upper position, m or rad; infinite where there is none.
    :param effort: largest force or torque, N or N m.
    :param velocity: largest speed, m/s or rad/s.
    """

    name: str
    kind: JointKind
    parent: str
    child: str
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    limits: tuple[float, float] = (-np.inf, np.inf)
    effort: float = np.inf
    velocity: float = np.inf
    damping: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it stands in the world.

    :param pose: in the world frame.
    :param role: ``person`` or empty; what the model stands for beyond its shape (``<taskmatrix:role>``).
    :param uri: where it was included from; empty if written in place.
    """

    name: str
    pose: Pose
    is_static: bool
    links: tuple[Link, ...]
    joints: tuple[Joint, ...] = ()
    role: str = ""
    uri: str = ""
    drives: tuple[DifferentialDrive, ...] = ()
    position_controllers: tuple[PositionController, ...] = ()
    detachable_joints: tuple[DetachableJoint, ...] = ()

    def joint(self, name: str) -> Joint:
        """:raises KeyError: there is no such joint."""
        for joint in self.joints:
            if joint.name == name:
                return joint
        raise KeyError(name)

    def link(self, name: str) -> Link:
        """:raises KeyError: there is no such link."""
        for link in self.links:
            if link.name == name:
                return link
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Light:
    """A directional light."""

    name: str
    direction: tuple[float, float, float]
    diffuse: tuple[float, float, float]
    specular: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class World:
    """A whole world; its frame is the map frame."""

    name: str
    file: Path
    step_s: float
    gravity_m_s2: tuple[float, float, float]
    ambient: tuple[float, float, float]
    background: tuple[float, float, float]
    models: tuple[Model, ...]
    lights: tuple[Light, ...] = field(default_factory=tuple)

    def model(self, name: str) -> Model:
        """:raises KeyError: there is no such model."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)

    @property
    def robot(self) -> Model:
        """The one model with a differential drive.

        :raises ValueError: there is none, or more than one.
        """
        robots = [model for model in self.models if model.drives]
        if len(robots) != 1:
            names = ", ".join(model.name for model in robots) or "none"
            raise ValueError(f"world '{self.name}' needs one model with a DiffDrive plugin, it has {names}")
        return robots[0]

    @property
    def graspable(self) -> tuple[str, ...]:
        """Names of the models that the robot's DetachableJoint plugins name."""
        return tuple(joint.child_model for joint in self.robot.detachable_joints)

    def with_poses(self, poses: dict[str, Pose]) -> World:
        """Return the same world with some models standing elsewhere."""
        models = tuple(replace(m, pose=poses[m.name]) if m.name in poses else m for m in self.models)
        return replace(self, models=models)

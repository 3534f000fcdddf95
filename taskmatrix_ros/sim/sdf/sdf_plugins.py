"""The Gazebo plugins that the simulator emulates, and those it may leave out because ROS nodes do their work."""

from __future__ import annotations

from dataclasses import dataclass

from taskmatrix_ros.sim.sdf.sdf_xml import SdfElement

# MuJoCo itself or the driver node does what these do; they need no parameters from us.
WITHOUT_EMULATION = frozenset(
    {
        "gz::sim::systems::Physics",
        "gz::sim::systems::UserCommands",
        "gz::sim::systems::SceneBroadcaster",
        "gz::sim::systems::Sensors",
        "gz::sim::systems::Contact",
        "gz::sim::systems::JointStatePublisher",
        "gz::sim::systems::PosePublisher",
    }
)

_QUANTITIES = ("linear_velocity", "linear_acceleration", "angular_velocity", "angular_acceleration")


@dataclass(frozen=True, slots=True)
class DifferentialDrive:
    """``gz::sim::systems::DiffDrive``.

    :param linear_m_s: lowest and highest forward speed.
    :param linear_m_s2: lowest (braking, negative) and highest acceleration.
    :param angular_rad_s: lowest and highest turning speed, counterclockwise positive.
    :param angular_rad_s2: lowest and highest angular acceleration.
    """

    left_joints: tuple[str, ...]
    right_joints: tuple[str, ...]
    wheel_separation_m: float
    wheel_radius_m: float
    linear_m_s: tuple[float, float]
    linear_m_s2: tuple[float, float]
    angular_rad_s: tuple[float, float]
    angular_rad_s2: tuple[float, float]
    odometry_hz: float
    topic: str
    odometry_topic: str
    frame_id: str
    child_frame_id: str

    @classmethod
    def parse(cls, element: SdfElement) -> DifferentialDrive:
        """Read the plugin's parameters."""
        element.allow(
            *("left_joint", "right_joint", "wheel_separation", "wheel_radius", "odom_publish_frequency"),
            *(f"{end}_{kind}" for end in ("min", "max") for kind in _QUANTITIES),
            *("topic", "odom_topic", "tf_topic", "frame_id", "child_frame_id"),
        )
        return cls(
            left_joints=tuple(e.text for e in element.all("left_joint")),
            right_joints=tuple(e.text for e in element.all("right_joint")),
            wheel_separation_m=element.positive("wheel_separation"),
            wheel_radius_m=element.positive("wheel_radius"),
            linear_m_s=_range(element, "linear_velocity"),
            linear_m_s2=_range(element, "linear_acceleration"),
            angular_rad_s=_range(element, "angular_velocity"),
            angular_rad_s2=_range(element, "angular_acceleration"),
            odometry_hz=element.positive("odom_publish_frequency", 50.0),
            topic=element.string("topic", "cmd_vel"),
            odometry_topic=element.string("odom_topic", "odom"),
            frame_id=element.string("frame_id", "odom"),
            child_frame_id=element.string("child_frame_id", "base_link"),
        )


@dataclass(frozen=True, slots=True)
class PositionController:
    """``gz::sim::systems::JointPositionController``: a PD servo on one joint.

    :param p_gain: N/m or N m/rad.
    :param d_gain: N s/m or N m s/rad.
    :param effort: lowest and highest command, N or N m.
    :param initial_position: m or rad.
    """

    joint: str
    topic: str
    p_gain: float
    d_gain: float
    effort: tuple[float, float]
    initial_position: float

    @classmethod
    def parse(cls, element: SdfElement) -> PositionController:
        """Read the plugin's parameters."""
        element.allow(
            *("joint_name", "topic", "p_gain", "i_gain", "d_gain", "i_max", "i_min", "cmd_max", "cmd_min"),
            "initial_position",
        )
        if element.number("i_gain", 0.0) != 0.0:
            raise element.need("i_gain").error("<i_gain> is not supported; allowed: 0")
        return cls(
            joint=element.string("joint_name"),
            topic=element.string("topic"),
            p_gain=element.positive("p_gain"),
            d_gain=element.number("d_gain"),
            effort=(element.number("cmd_min", -1000.0), element.number("cmd_max", 1000.0)),
            initial_position=element.number("initial_position", 0.0),
        )


@dataclass(frozen=True, slots=True)
class DetachableJoint:
    """``gz::sim::systems::DetachableJoint``: what may be fastened to the gripper."""

    parent_link: str
    child_model: str
    child_link: str
    where: str

    @classmethod
    def parse(cls, element: SdfElement) -> DetachableJoint:
        """Read the plugin's parameters."""
        element.allow(
            *("parent_link", "child_model", "child_link"), *("attach_topic", "detach_topic", "output_topic", "topic")
        )
        return cls(
            parent_link=element.string("parent_link"),
            child_model=element.string("child_model"),
            child_link=element.string("child_link"),
            where=element.where,
        )


Plugin = DifferentialDrive | PositionController | DetachableJoint

_EMULATED: dict[str, type[DifferentialDrive] | type[PositionController] | type[DetachableJoint]] = {
    "gz::sim::systems::DiffDrive": DifferentialDrive,
    "gz::sim::systems::JointPositionController": PositionController,
    "gz::sim::systems::DetachableJoint": DetachableJoint,
}


def parse_plugin(element: SdfElement) -> Plugin | None:
    """Read a ``<plugin>``.

    :returns: None for a plugin that needs no emulation.
    :raises SdfError: the plugin is not known, or a parameter is absent or wrong.
    """
    name = element.attribute("name")
    if name in WITHOUT_EMULATION:
        return None
    kind = _EMULATED.get(name)
    if kind is None:
        allowed = ", ".join(sorted(WITHOUT_EMULATION | set(_EMULATED)))
        raise element.error(f"plugin '{name}' is not emulated; allowed: {allowed}")
    return kind.parse(element)


def _range(element: SdfElement, quantity: str) -> tuple[float, float]:
    high = element.number(f"max_{quantity}", float("inf"))
    low = element.number(f"min_{quantity}", -high)
    if not low <= 0 <= high:
        raise element.error(f"min_{quantity} {low} and max_{quantity} {high} must enclose 0")
    return low, high

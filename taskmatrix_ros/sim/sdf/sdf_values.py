"""Poses, vectors and colors as SDF writes them."""

from __future__ import annotations

from taskmatrix_ros.sim.sdf.sdf_types import Pose
from taskmatrix_ros.sim.sdf.sdf_xml import SdfElement


def parse_pose(element: SdfElement) -> Pose:
    """Read an element's ``<pose>``; without one it is the origin."""
    pose = element.find("pose")
    if pose is None:
        return Pose()
    if pose.attributes:
        given = ", ".join(sorted(pose.attributes))
        raise pose.error(
            f"<pose> has the attribute {given}; only poses relative to the parent in radians are supported"
        )
    x, y, z, roll, pitch, yaw = pose.numbers(6)
    return Pose((x, y, z), (roll, pitch, yaw))


def parse_triple(element: SdfElement) -> tuple[float, float, float]:
    """Read three numbers."""
    x, y, z = element.numbers(3)
    return x, y, z


def parse_color(
    element: SdfElement | None, tag: str, default: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Read red, green and blue, 0..1; alpha is left out."""
    color = element.find(tag) if element is not None else None
    if color is None:
        return default
    red, green, blue, _alpha = color.numbers(4)
    return red, green, blue

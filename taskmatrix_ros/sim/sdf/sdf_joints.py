"""Joints of an SDF model, and the tree that they must make."""

from __future__ import annotations

import math
from dataclasses import replace

from taskmatrix_ros.sim.sdf.sdf_types import Joint, JointKind, Pose
from taskmatrix_ros.sim.sdf.sdf_values import parse_pose
from taskmatrix_ros.sim.sdf.sdf_xml import SdfElement

_UNLIMITED = 1e15


def parse_joints(model: SdfElement, links: set[str]) -> tuple[Joint, ...]:
    """Read a model's joints.

    :param links: names of its links.
    :raises SdfError: a joint is not simulated, or they make no tree: MuJoCo knows no loops of joints.
    """
    joints: list[Joint] = []
    for element in model.all("joint"):
        joint = _joint(element, links)
        if joint.name in {other.name for other in joints}:
            raise element.error(f"a second joint is named '{joint.name}'; give each its own name")
        parents = {other.child: other.parent for other in joints}
        if joint.child in parents:
            raise element.error(f"link '{joint.child}' hangs on a second joint; allowed: one for each link")
        above = joint.parent
        while above != joint.child and above in parents:
            above = parents[above]
        if above == joint.child:
            raise element.error(f"joint '{joint.name}' closes a loop; allowed: a tree of links")
        joints.append(joint)
    return tuple(joints)


def _joint(element: SdfElement, links: set[str]) -> Joint:
    element.allow("parent", "child", "axis", "pose")
    try:
        kind = JointKind(element.attribute("type"))
    except ValueError:
        allowed = ", ".join(k.value for k in JointKind)
        raise element.error(f"joint type '{element.attribute('type')}' is not supported; allowed: {allowed}") from None
    if parse_pose(element) != Pose():
        raise element.need("pose").error("a joint away from its child link's origin is not supported; move the link")
    ends = element.string("parent"), element.string("child")
    for end in ends:
        if end not in links:
            raise element.error(f"joint names link '{end}'; there are {', '.join(sorted(links))}")
    joint = Joint(element.attribute("name"), kind, *ends)
    if kind is JointKind.FIXED:
        return joint
    axis = element.need("axis")
    axis.allow("xyz", "limit", "dynamics")
    direction = axis.need("xyz")
    if direction.attributes:
        raise direction.error("<xyz> with expressed_in is not supported; give the axis in the child link's frame")
    x, y, z = direction.numbers(3)
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-9:
        raise direction.error("<xyz> has no length; give a direction")
    limit, dynamics = axis.find("limit"), axis.find("dynamics")
    _verify_axis(limit, dynamics)
    return replace(
        joint,
        axis=(x / length, y / length, z / length),
        limits=(_limit(limit, "lower", -math.inf), _limit(limit, "upper", math.inf)),
        effort=_limit(limit, "effort", math.inf),
        velocity=_limit(limit, "velocity", math.inf),
        damping=dynamics.number("damping", 0.0) if dynamics else 0.0,
    )


def _verify_axis(limit: SdfElement | None, dynamics: SdfElement | None) -> None:
    if limit is not None:
        limit.allow("lower", "upper", "effort", "velocity")
        if _limit(limit, "lower", -math.inf) > _limit(limit, "upper", math.inf):
            raise limit.error("<lower> is above <upper>")
        for tag in ("effort", "velocity"):
            if limit.find(tag) is not None:
                limit.positive(tag)
    if dynamics is not None:
        dynamics.allow("damping")
        if dynamics.number("damping", 0.0) < 0:
            raise dynamics.need("damping").error("<damping> must not be below 0")


def _limit(element: SdfElement | None, tag: str, default: float) -> float:
    value = element.number(tag, default) if element is not None else default
    return math.copysign(math.inf, value) if abs(value) >= _UNLIMITED else value

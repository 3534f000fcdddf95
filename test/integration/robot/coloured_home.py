"""The home with plain coloured bodies in it, which carry no tags."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from taskmatrix_ros.core.resources import resource

INERTIA = (
    "<inertial><mass>0.2</mass><inertia><ixx>0.0003</ixx><ixy>0</ixy><ixz>0</ixz><iyy>0.0003</iyy><iyz>0</iyz>"
    "<izz>0.0003</izz></inertia></inertial>"
)
RED, BLUE, GREEN = "0.8 0.1 0.1 1", "0.1 0.2 0.8 1", "0.1 0.6 0.15 1"
FAR = (0.6, 2.0, 0.07)
"""A spot of the floor that no picture of these tests shows."""


@dataclass(frozen=True)
class Body:
    """One plain body: ``shape`` with full lengths along x, y and z."""

    name: str
    rgba: str
    shape: str
    size_m: tuple[float, float, float]

    @property
    def geometry(self) -> str:
        x, y, z = self.size_m
        match self.shape:
            case "box":
                inner = f"<box><size>{x} {y} {z}</size></box>"
            case "cylinder":
                inner = f"<cylinder><radius>{x / 2}</radius><length>{z}</length></cylinder>"
            case _:
                inner = f"<sphere><radius>{z / 2}</radius></sphere>"
        return f"<geometry>{inner}</geometry>"

    def model(self, x_m: float, y_m: float, z_m: float) -> str:
        colour = f"<material><ambient>{self.rgba}</ambient><diffuse>{self.rgba}</diffuse></material>"
        return (
            f'<model name="{self.name}"><pose>{x_m} {y_m} {z_m} 0 0 0</pose><link name="link">{INERTIA}'
            f'<collision name="body">{self.geometry}</collision>'
            f'<visual name="body">{self.geometry}{colour}</visual></link></model>'
        )


def joint(name: str) -> str:
    """What lets the gripper take a thing, as the shipped world has it."""
    return (
        '<plugin filename="gz-sim-detachable-joint-system" name="gz::sim::systems::DetachableJoint">'
        f"<parent_link>lift_link</parent_link><child_model>{name}</child_model><child_link>link</child_link>"
        f"<attach_topic>gripper/attach/{name}</attach_topic><detach_topic>gripper/detach/{name}</detach_topic></plugin>"
    )


def write_home(folder: Path, bodies: list[Body], listed: list[dict[str, object]]) -> Path:
    """Write world, map and placement; gives the world's file. The bodies stand out of sight, one beside the other.

    :param listed: what the robot's object list has of them.
    """
    world = folder / "coloured.sdf"
    shipped = resource("sim/worlds/home.sdf").read_text("utf-8")
    models = "".join(body.model(FAR[0] + 0.15 * n, FAR[1], FAR[2]) for n, body in enumerate(bodies))
    first = shipped.index("<plugin", shipped.index("model://home_robot"))
    joints = "".join(joint(body.name) for body in bodies)
    text = shipped[:first] + joints + shipped[first:]
    world.write_text(text.replace("</world>", f"{models}</world>"), encoding="utf-8")
    known = yaml.safe_load(resource("config/world/home.yaml").read_text("utf-8"))
    known["objects"] += listed
    world.with_suffix(".yaml").write_text(yaml.safe_dump(known), encoding="utf-8")
    shutil.copy(resource("sim/worlds/home.placement.yaml"), world.with_suffix(".placement.yaml"))
    return world

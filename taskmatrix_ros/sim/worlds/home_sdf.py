"""The SDF texts of generated homes. Gazebo Harmonic and MuJoCo load the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from taskmatrix_ros.sim.worlds.home_design import WALL_M, HomeDesign, wall_parts

WALL_HEIGHT_M = 2.4
TAG_Z_M = 1.2
TAG_FACE_M = 0.2
"""Edge of a wall tag's face, its white margin included: the black square is 0.8 of it."""

_WALL, _GROUND = "0.93 0.91 0.86 1", "0.5 0.5 0.5 1"
_FLOORS = ("0.8 0.82 0.8 1", "0.76 0.62 0.46 1", "0.58 0.66 0.74 1", "0.70 0.74 0.62 1")
_PARCEL = "0.55 0.42 0.28 1"
_PARCEL_SIZE = "0.08 0.08 0.12"
ROBOT = "robot"

Poses = Mapping[str, tuple[float, float, float, float]]
"""Name -> x, y, z in metres and yaw in radians."""


def world_text(design: HomeDesign, objects: Poses) -> str:
    """Write the world: house, furniture, objects, robot. :param objects: where each stands."""
    parts = [_include(f"{design.name}_house", "house", (0.0, 0.0, 0.0, 0.0))]
    parts += [_include(p.kind.name, p.name, (p.x_m, p.y_m, 0.0, p.yaw_rad)) for p in design.pieces]
    parts += [_include(name, name, pose, _pose_publisher(name)) for name, pose in objects.items()]
    x, y, yaw = design.start
    joints = "".join(_detachable(name) for name in objects)
    parts.append(_include("home_robot", ROBOT, (x, y, 0.0, yaw), joints))
    middle = f"{design.size_m[0] / 2:g} {design.size_m[1] / 2:g} 8 0 0 0"
    return _WORLD.format(name=design.name, middle=middle, parts="".join(parts))


def house_model(design: HomeDesign) -> str:
    """Write floor, walls with their doors, and the tags on them."""
    width, height = design.size_m
    ground = (width / 2, height / 2, -0.05)
    link = [
        _collision("ground", ground, (width + 1.4, height + 1.4, 0.1)),
        _visual("ground", (*ground[:2], -0.052), (width + 1.4, height + 1.4, 0.1), _GROUND),
    ]
    for number, room in enumerate(design.rooms):
        (left, right), (low, high) = room.x_m, room.y_m
        size = (right - left + WALL_M, high - low + WALL_M, 0.1)
        middle = ((left + right) / 2, (low + high) / 2, -0.0495)
        link.append(_visual(f"floor_{room.name}", middle, size, _FLOORS[number % len(_FLOORS)]))
    for wall in design.walls:
        for number, (x0, x1, y0, y1) in enumerate(wall_parts(wall)):
            name = f"{wall.name}_{number}"
            middle, size = ((x0 + x1) / 2, (y0 + y1) / 2, WALL_HEIGHT_M / 2), (x1 - x0, y1 - y0, WALL_HEIGHT_M)
            link += [_collision(name, middle, size), _visual(name, middle, size, _WALL)]
    for tag in design.tags:
        # Half of the plate is in the wall's face; what looks into the room is the texture.
        back = 0.005
        x, y = tag.x_m - back * math.cos(tag.yaw_rad), tag.y_m - back * math.sin(tag.yaw_rad)
        link.append(_tag(f"wall_tag_{tag.number}", tag.number, (x, y, TAG_Z_M, tag.yaw_rad), (0.01, 0.2, 0.2)))
    return _MODEL.format(name=f"{design.name}_house", head="<static>true</static>", link="".join(link))


def parcel_model(name: str, tag: int) -> str:
    """Write a box with a tag on its four sides, of the size of a can."""
    body = (
        "<inertial><mass>0.3</mass><inertia><ixx>0.00052</ixx><ixy>0</ixy><ixz>0</ixz><iyy>0.00052</iyy><iyz>0</iyz>"
        "<izz>0.00032</izz></inertia></inertial>"
        f'<collision name="body"><geometry><box><size>{_PARCEL_SIZE}</size></box></geometry>'
        "<surface><friction><ode><mu>0.9</mu><mu2>0.9</mu2></ode></friction></surface></collision>"
    )
    looks = _visual("body", (0.0, 0.0, 0.0), (0.078, 0.078, 0.12), _PARCEL)
    face = _tag("tag", tag, (0.0, 0.0, 0.0, 0.0), (0.08, 0.08, 0.08))
    return _MODEL.format(name=name, head="", link=body + looks + face)


def config_text(name: str) -> str:
    """Write ``model.config``, without which Gazebo does not find a model."""
    return _CONFIG.format(name=name)


def _include(model: str, name: str, pose: tuple[float, float, float, float], inner: str = "") -> str:
    x, y, z, yaw = pose
    return (
        f"    <include>\n      <uri>model://{model}</uri>\n      <name>{name}</name>\n"
        f"      <pose>{_numbers((x, y, z))} 0 0 {yaw:.8g}</pose>\n{inner}    </include>\n"
    )


def _detachable(name: str) -> str:
    return (
        '      <plugin filename="gz-sim-detachable-joint-system" name="gz::sim::systems::DetachableJoint">\n'
        f"        <parent_link>lift_link</parent_link>\n        <child_model>{name}</child_model>\n"
        "        <child_link>link</child_link>\n"
        f"        <attach_topic>gripper/attach/{name}</attach_topic>\n"
        f"        <detach_topic>gripper/detach/{name}</detach_topic>\n"
        f"        <output_topic>gripper/state/{name}</output_topic>\n      </plugin>\n"
    )


def _pose_publisher(name: str) -> str:
    return (
        '      <plugin filename="gz-sim-pose-publisher-system" name="gz::sim::systems::PosePublisher">\n'
        f"        <topic>/model/{name}/pose</topic>\n        <publish_model_pose>true</publish_model_pose>\n"
        "        <publish_nested_model_pose>true</publish_nested_model_pose>\n"
        "        <publish_link_pose>false</publish_link_pose>\n"
        "        <update_frequency>20</update_frequency>\n      </plugin>\n"
    )


def _collision(name: str, middle: tuple[float, float, float], size: tuple[float, float, float]) -> str:
    return (
        f'      <collision name="{name}"><pose>{_numbers(middle)} 0 0 0</pose>'
        f"<geometry><box><size>{_numbers(size)}</size></box></geometry></collision>\n"
    )


def _visual(name: str, middle: tuple[float, float, float], size: tuple[float, float, float], rgba: str) -> str:
    return (
        f'      <visual name="{name}"><pose>{_numbers(middle)} 0 0 0</pose>'
        f"<geometry><box><size>{_numbers(size)}</size></box></geometry><material><ambient>{rgba}</ambient>"
        f"<diffuse>{rgba}</diffuse><specular>0.05 0.05 0.05 1</specular></material></visual>\n"
    )


def _tag(name: str, tag: int, pose: tuple[float, float, float, float], size: tuple[float, float, float]) -> str:
    x, y, z, yaw = pose
    return (
        f'      <visual name="{name}"><pose>{_numbers((x, y, z))} 0 0 {yaw:.8g}</pose>'
        f"<geometry><box><size>{_numbers(size)}</size></box></geometry><material><ambient>1 1 1 1</ambient>"
        "<diffuse>1 1 1 1</diffuse><specular>0 0 0 1</specular><pbr><metal>"
        f"<albedo_map>textures/tag36h11_{tag:03d}.png</albedo_map><roughness>1</roughness><metalness>0</metalness>"
        "</metal></pbr></material></visual>\n"
    )


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)


_MODEL = """<?xml version="1.0"?>
<sdf version="1.9">
  <model name="{name}">
    {head}
    <link name="link">
{link}    </link>
  </model>
</sdf>
"""

_CONFIG = """<?xml version="1.0"?>
<model>
  <name>{name}</name>
  <version>1.0</version>
  <sdf version="1.9">model.sdf</sdf>
  <description>Generated.</description>
</model>
"""

_WORLD = """<?xml version="1.0"?>
<!-- Generated; for Gazebo put sim/models and the models beside this file into GZ_SIM_RESOURCE_PATH. -->
<sdf version="1.9">
  <world name="{name}">
    <physics name="contact_rich" type="ignored">
      <max_step_size>0.0025</max_step_size>
      <real_time_factor>1</real_time_factor>
    </physics>
    <gravity>0 0 -9.81</gravity>
    <plugin filename="gz-sim-physics-system" name="gz::sim::systems::Physics"/>
    <plugin filename="gz-sim-user-commands-system" name="gz::sim::systems::UserCommands"/>
    <plugin filename="gz-sim-scene-broadcaster-system" name="gz::sim::systems::SceneBroadcaster"/>
    <plugin filename="gz-sim-contact-system" name="gz::sim::systems::Contact"/>
    <plugin filename="gz-sim-sensors-system" name="gz::sim::systems::Sensors">
      <render_engine>ogre2</render_engine>
    </plugin>
    <scene>
      <ambient>0.38 0.38 0.38 1</ambient>
      <background>0.75 0.82 0.9 1</background>
      <shadows>false</shadows>
    </scene>
    <light name="sun" type="directional">
      <pose>{middle}</pose>
      <cast_shadows>false</cast_shadows>
      <diffuse>0.42 0.42 0.42 1</diffuse>
      <specular>0.05 0.05 0.05 1</specular>
      <direction>0.3 0.4 -0.87</direction>
    </light>
    <light name="sky" type="directional">
      <pose>{middle}</pose>
      <cast_shadows>false</cast_shadows>
      <diffuse>0.22 0.22 0.22 1</diffuse>
      <specular>0 0 0 1</specular>
      <direction>-0.5 -0.4 -0.77</direction>
    </light>
{parts}  </world>
</sdf>
"""

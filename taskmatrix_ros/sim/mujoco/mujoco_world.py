"""Builds the MuJoCo model of an SDF world: the same links, joints, servos and looks that Gazebo makes of it."""

from __future__ import annotations

import math
from enum import IntEnum

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY
from taskmatrix_ros.sim.mujoco.finger_contacts import GRIPPER_TOPIC
from taskmatrix_ros.sim.mujoco.textured_box import add_textured_box
from taskmatrix_ros.sim.sdf.sdf_types import (
    CameraSensor,
    Geometry,
    Inertial,
    Joint,
    JointKind,
    Link,
    Material,
    Model,
    Pose,
    Shape,
    World,
)
from taskmatrix_ros.sim.sdf.transforms import matrix_from_pose

LARGEST_PICTURE_PX = (1920, 1440)
# Velocity servo of a wheel: stiff against the load of its share of the robot, soft enough for one step.
_WHEEL_GAIN_NM_S = 10.0
_WHEEL_ARMATURE_KG_M2 = 0.005
_SLIDE_ARMATURE_KG = 0.05
# Without them a thing that the fingers hold creeps out of them, by millimetres while it is carried.
_NOSLIP_ITERATIONS = 4
# MuJoCo's friction answers to speed, not to what a turning hand does to the frame of a contact: the default of 0.02 s
# lets a thing wander by a centimetre a second in a quick turn. Two steps are the least that is stable.
_GRIP_FRICTION_S = 0.005


class GeomGroup(IntEnum):
    """MuJoCo's geom groups, by which rays and pictures choose what they meet."""

    VISUAL = 1
    ROBOT_VISUAL = 2
    COLLISION = 3
    ROBOT_COLLISION = 4


class _Bits(IntEnum):
    """Collision masks: the robot never touches itself, everything else touches."""

    WORLD = 1
    ROBOT = 2


class MujocoWorldBuilder:
    """Compiles one world.

    Names in the MuJoCo model are ``model/link``, ``model/link/collision``, ``model/joint``, ``model/camera``.

    :param world: read by :class:`~taskmatrix_ros.sim.sdf.sdf_reader.SdfReader`.
    :param holds_by_friction: whether the gripper does, without welds; then soft contacts may not creep.
    :source: MuJoCo ``MjSpec`` model editing.
    """

    def __init__(self, world: World, *, holds_by_friction: bool = False) -> None:
        self._world = world
        self._holds_by_friction = holds_by_friction
        self._spec = mujoco.MjSpec()
        self._textures: dict[str, str] = {}
        self._frictions = sorted({c.friction for m in world.models for link in m.links for c in link.collisions})

    def build(self) -> mujoco.MjModel:
        """Return the compiled model, everything at the poses of the world file.

        :raises ValueError: MuJoCo refuses the model (a zero inertia, for instance).
        """
        self._set_options()
        for light in self._world.lights:
            self._spec.worldbody.add_light(
                name=light.name,
                type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
                pos=[0, 0, 5],
                dir=list(light.direction),
                diffuse=list(light.diffuse),
                specular=list(light.specular),
                ambient=[0, 0, 0],
                castshadow=False,
            )
        for model in self._world.models:
            if model.is_static:
                self._add_static(model)
            else:
                self._add_dynamic(model)
        self._add_servos(self._world.robot)
        if self._holds_by_friction:
            self._add_grip(self._world.robot)
        else:
            self._add_welds(self._world.robot)
        return self._spec.compile()

    def _set_options(self) -> None:
        spec = self._spec
        spec.modelname = self._world.name
        spec.compiler.degree = False
        spec.option.timestep = self._world.step_s
        spec.option.gravity = list(self._world.gravity_m_s2)
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        # An elliptic cone with a high ratio of frictional to normal impedance keeps the wheels from creeping.
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10.0
        if self._holds_by_friction:
            spec.option.noslip_iterations = _NOSLIP_ITERATIONS
        # Left alone, MuJoCo sets an unstable world back to its start without a word; the simulator reports it instead.
        spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
        spec.stat.extent = 1.0  # makes the clipping planes absolute
        cameras = [c for m in self._world.models for link in m.links for c in link.cameras]
        spec.visual.map.znear = min((c.near_m for c in cameras), default=0.05)
        spec.visual.map.zfar = max((c.far_m for c in cameras), default=20.0)
        spec.visual.global_.offwidth, spec.visual.global_.offheight = LARGEST_PICTURE_PX
        spec.visual.quality.offsamples = 0  # halves the time of a picture without a graphics card
        spec.visual.headlight.ambient = list(self._world.ambient)
        spec.visual.headlight.diffuse = [0.1, 0.1, 0.1]
        spec.visual.headlight.specular = [0, 0, 0]
        background = list(self._world.background)
        spec.add_texture(
            name="background",
            type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=background,
            rgb2=background,
            width=16,
            height=16,
        )

    def _add_static(self, model: Model) -> None:
        world_from_model = matrix_from_pose(model.pose)
        for link in model.links:
            body = self._spec.worldbody.add_body(
                name=f"{model.name}/{link.name}", **_placement(world_from_model @ matrix_from_pose(link.pose))
            )
            self._add_shapes(body, model, link, is_robot=False)

    def _add_dynamic(self, model: Model) -> None:
        world_from_model = matrix_from_pose(model.pose)
        parents = {joint.child: joint for joint in model.joints}
        is_robot = bool(model.drives)
        bodies: dict[str, mujoco.MjsBody] = {}

        def add(link: Link) -> None:
            joint = parents.get(link.name)
            if joint is None:
                body = self._spec.worldbody.add_body(
                    name=f"{model.name}/{link.name}", **_placement(world_from_model @ matrix_from_pose(link.pose))
                )
                body.add_freejoint(name=f"{model.name}/root")
            else:
                parent = model.link(joint.parent)
                if joint.parent not in bodies:
                    add(parent)
                relative = np.linalg.inv(matrix_from_pose(parent.pose)) @ matrix_from_pose(link.pose)
                body = bodies[joint.parent].add_body(name=f"{model.name}/{link.name}", **_placement(relative))
                self._add_joint(body, model, joint)
            bodies[link.name] = body
            _set_inertia(body, link.inertial)
            self._add_shapes(body, model, link, is_robot=is_robot)
            for camera in link.cameras:
                _add_camera(body, model, camera)

        for link in model.links:
            if link.name not in bodies:
                add(link)

    def _add_joint(self, body: mujoco.MjsBody, model: Model, joint: Joint) -> None:
        if joint.kind is JointKind.FIXED:
            return
        is_hinge = joint.kind is JointKind.REVOLUTE
        limited = all(math.isfinite(limit) for limit in joint.limits)
        body.add_joint(
            name=f"{model.name}/{joint.name}",
            type=mujoco.mjtJoint.mjJNT_HINGE if is_hinge else mujoco.mjtJoint.mjJNT_SLIDE,
            axis=list(joint.axis),
            damping=joint.damping,
            armature=_WHEEL_ARMATURE_KG_M2 if is_hinge else _SLIDE_ARMATURE_KG,
            limited=mujoco.mjtLimited.mjLIMITED_TRUE if limited else mujoco.mjtLimited.mjLIMITED_FALSE,
            range=list(joint.limits) if limited else [0, 0],
        )

    def _add_shapes(self, body: mujoco.MjsBody, model: Model, link: Link, *, is_robot: bool) -> None:
        for collision in link.collisions:
            body.add_geom(
                name=f"{model.name}/{link.name}/{collision.name}",
                group=GeomGroup.ROBOT_COLLISION if is_robot else GeomGroup.COLLISION,
                contype=_Bits.ROBOT if is_robot else _Bits.WORLD,
                conaffinity=_Bits.WORLD if is_robot else _Bits.WORLD | _Bits.ROBOT,
                friction=[collision.friction, 0.005, 0.0001],
                condim=1 if collision.friction == 0 else 3,
                # Of two touching shapes the slipperier one decides, as in Gazebo; MuJoCo alone would take the rougher.
                priority=len(self._frictions) - self._frictions.index(collision.friction),
                mass=0,
                rgba=[0.5, 0.5, 0.5, 1],
                **_shape(collision.geometry),
                **_placement(matrix_from_pose(collision.pose)),
            )
        group = GeomGroup.ROBOT_VISUAL if is_robot else GeomGroup.VISUAL
        for visual in link.visuals:
            name = f"{model.name}/{link.name}/visual/{visual.name}"
            shape = _shape(visual.geometry)
            if visual.material.texture is not None:
                shape = {
                    "type": mujoco.mjtGeom.mjGEOM_MESH,
                    "meshname": add_textured_box(self._spec, visual.geometry.size_m),
                }
            body.add_geom(
                name=name,
                group=group,
                contype=0,
                conaffinity=0,
                mass=0,
                material=self._material(visual.material),
                **shape,
                **_placement(matrix_from_pose(visual.pose)),
            )

    def _material(self, material: Material) -> str:
        key = f"{material.rgba}{material.specular}{material.texture}"
        if key not in self._textures:
            name = f"material_{len(self._textures)}"
            options = {"rgba": list(material.rgba), "specular": material.specular, "shininess": 0.1, "reflectance": 0.0}
            added = self._spec.add_material(name=name, **options)
            if material.texture is not None:
                self._spec.add_texture(
                    name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, file=str(material.texture.resolve())
                )
                added.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
            self._textures[key] = name
        return self._textures[key]

    def _add_servos(self, robot: Model) -> None:
        drive = robot.drives[0]
        for joint in drive.left_joints + drive.right_joints:
            effort = min(robot.joint(joint).effort, 1e6)
            actuator = self._spec.add_actuator(
                name=f"{robot.name}/{joint}",
                target=f"{robot.name}/{joint}",
                trntype=mujoco.mjtTrn.mjTRN_JOINT,
                forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
                forcerange=[-effort, effort],
            )
            actuator.set_to_velocity(kv=_WHEEL_GAIN_NM_S)
        for controller in robot.position_controllers:
            joint_limits = robot.joint(controller.joint)
            actuator = self._spec.add_actuator(
                name=f"{robot.name}/{controller.joint}",
                target=f"{robot.name}/{controller.joint}",
                trntype=mujoco.mjtTrn.mjTRN_JOINT,
                forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
                forcerange=[
                    max(controller.effort[0], -joint_limits.effort),
                    min(controller.effort[1], joint_limits.effort),
                ],
            )
            actuator.set_to_position(kp=controller.p_gain, kv=controller.d_gain)

    def _add_welds(self, robot: Model) -> None:
        for joint in robot.detachable_joints:
            self._spec.add_equality(
                name=f"grasp/{joint.child_model}",
                type=mujoco.mjtEq.mjEQ_WELD,
                objtype=mujoco.mjtObj.mjOBJ_BODY,
                name1=f"{robot.name}/{joint.parent_link}",
                name2=f"{joint.child_model}/{joint.child_link}",
                active=False,
            )

    def _add_grip(self, robot: Model) -> None:
        """Let the fingers hold by friction, and move alike, as those of a parallel gripper do."""
        joints = [c.joint for c in robot.position_controllers if c.topic == GRIPPER_TOPIC]
        shapes = [
            (link, c) for link in (robot.link(robot.joint(joint).child) for joint in joints) for c in link.collisions
        ]
        for held in robot.detachable_joints:
            for thing in self._world.model(held.child_model).link(held.child_link).collisions:
                for link, finger in shapes:
                    friction = min(thing.friction, finger.friction)
                    self._spec.add_pair(
                        geomname1=f"{robot.name}/{link.name}/{finger.name}",
                        geomname2=f"{held.child_model}/{held.child_link}/{thing.name}",
                        condim=3 if friction > 0 else 1,
                        friction=[friction, friction, 0.005, 0.0001, 0.0001],
                        solreffriction=[_GRIP_FRICTION_S, 1.0],
                    )
        for joint in joints[1:]:
            self._spec.add_equality(
                name=f"alike/{joint}",
                type=mujoco.mjtEq.mjEQ_JOINT,
                objtype=mujoco.mjtObj.mjOBJ_JOINT,
                name1=f"{robot.name}/{joint}",
                name2=f"{robot.name}/{joints[0]}",
                data=[0.0, 1.0, *([0.0] * (mujoco.mjNEQDATA - 2))],
            )


def _placement(matrix: NDArray[np.float64]) -> dict[str, list[float]]:
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(matrix[:3, :3]).ravel())
    return {"pos": matrix[:3, 3].tolist(), "quat": quaternion.tolist()}


def _shape(geometry: Geometry) -> dict[str, object]:
    size = geometry.size_m
    match geometry.shape:
        case Shape.BOX:
            return {"type": mujoco.mjtGeom.mjGEOM_BOX, "size": [s / 2 for s in size]}
        case Shape.SPHERE:
            return {"type": mujoco.mjtGeom.mjGEOM_SPHERE, "size": [size[0], 0, 0]}
        case Shape.CYLINDER:
            return {"type": mujoco.mjtGeom.mjGEOM_CYLINDER, "size": [size[0], size[1] / 2, 0]}
        case Shape.CAPSULE:
            return {"type": mujoco.mjtGeom.mjGEOM_CAPSULE, "size": [size[0], size[1] / 2, 0]}


def _set_inertia(body: mujoco.MjsBody, inertial: Inertial) -> None:
    body.explicitinertial = True
    body.mass = inertial.mass_kg
    rotation = matrix_from_pose(Pose((0, 0, 0), inertial.pose.rpy_rad))[:3, :3]
    ixx, iyy, izz, ixy, ixz, iyz = inertial.moments
    tensor = rotation @ np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]]) @ rotation.T
    body.ipos = list(inertial.pose.xyz_m)
    body.fullinertia = [tensor[0, 0], tensor[1, 1], tensor[2, 2], tensor[0, 1], tensor[0, 2], tensor[1, 2]]


def _add_camera(body: mujoco.MjsBody, model: Model, camera: CameraSensor) -> None:
    matrix = matrix_from_pose(camera.pose)
    # MuJoCo looks along -z with y up; the optical frame looks along z with y down.
    matrix[:3, :3] = matrix[:3, :3] @ OPTICAL_IN_BODY @ np.diag([1.0, -1.0, -1.0])
    aspect = camera.height_px / camera.width_px
    fovy = 2 * math.atan(math.tan(camera.horizontal_fov_rad / 2) * aspect)
    body.add_camera(name=f"{model.name}/{camera.name}", fovy=math.degrees(fovy), **_placement(matrix))

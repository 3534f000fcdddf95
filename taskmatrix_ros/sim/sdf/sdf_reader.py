"""Reads the subset of SDF 1.9 that both simulators run, and refuses the rest with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from taskmatrix_ros.sim.sdf.sdf_joints import parse_joints
from taskmatrix_ros.sim.sdf.sdf_plugins import DetachableJoint, DifferentialDrive, PositionController, parse_plugin
from taskmatrix_ros.sim.sdf.sdf_sensors import parse_sensors
from taskmatrix_ros.sim.sdf.sdf_types import (
    Collision,
    Geometry,
    Inertial,
    Light,
    Link,
    Material,
    Model,
    Shape,
    Visual,
    World,
)
from taskmatrix_ros.sim.sdf.sdf_values import parse_color, parse_pose, parse_triple
from taskmatrix_ros.sim.sdf.sdf_xml import SdfElement, load_xml

_VERSIONS = ("1.9", "1.10", "1.11")


class SdfReader:
    """Turns world files into :class:`World`.

    :param model_folders: where ``model://name`` is looked up, in this order.
    """

    def __init__(self, *model_folders: Path) -> None:
        self._model_folders = model_folders

    def load_world(self, path: Path) -> World:
        """Read a world file with everything it includes.

        :raises SdfError: the file is not what both simulators can run.
        """
        root = self._load_root(path)
        element = root.need("world")
        element.allow("physics", "gravity", "plugin", "scene", "light", "include", "model")
        for plugin in element.all("plugin"):
            if parse_plugin(plugin) is not None:
                raise plugin.error(f"plugin '{plugin.attribute('name')}' belongs into a model; move it there")
        models: list[Model] = []
        for child in element.children:
            if child.tag == "include":
                models.append(self._included(child))
            elif child.tag == "model":
                models.append(self._model(child))
            else:
                continue
            if models[-1].name in {m.name for m in models[:-1]}:
                raise child.error(f"a second model is named '{models[-1].name}'; give each its own <name>")
        element.need("physics").allow("max_step_size", "real_time_factor", "real_time_update_rate")
        scene = element.find("scene")
        if scene is not None:
            scene.allow("ambient", "background", "shadows", "grid")
        gravity = element.find("gravity")
        world = World(
            name=element.attribute("name"),
            file=path,
            step_s=_step_s(element.need("physics")),
            gravity_m_s2=parse_triple(gravity) if gravity else (0.0, 0.0, -9.8),
            ambient=parse_color(scene, "ambient", (0.4, 0.4, 0.4)),
            background=parse_color(scene, "background", (0.7, 0.7, 0.7)),
            models=tuple(models),
            lights=tuple(_light(light) for light in element.all("light")),
        )
        _verify_references(world, element)
        return world

    def load_model(self, name: str) -> Model:
        """Read one model from the model folders, at the origin.

        :raises SdfError: there is no such model, or it cannot be run.
        """
        path = self._model_file(name) or self._model_folders[0] / name / "model.sdf"
        return self._model(self._load_root(path).need("model"))

    def _model_file(self, name: str) -> Path | None:
        files = (folder / name / "model.sdf" for folder in self._model_folders)
        return next((file for file in files if file.is_file()), None)

    def _load_root(self, path: Path) -> SdfElement:
        root = load_xml(path)
        if root.tag != "sdf":
            raise root.error(f"the root is <{root.tag}>, it must be <sdf>")
        if root.attribute("version") not in _VERSIONS:
            raise root.error(
                f"SDF version {root.attribute('version')} is not supported; allowed: {', '.join(_VERSIONS)}"
            )
        return root

    def _included(self, include: SdfElement) -> Model:
        include.allow("uri", "name", "pose", "static", "plugin")
        uri = include.string("uri")
        name = uri.removeprefix("model://")
        if name == uri or "/" in name or name.startswith("."):
            raise include.need("uri").error(f"<uri> is '{uri}'; allowed: model://NAME")
        if self._model_file(name) is None:
            files = (file for folder in self._model_folders for file in folder.glob("*/model.sdf"))
            known = ", ".join(sorted(file.parent.name for file in files))
            raise include.need("uri").error(f"there is no model '{name}'; known: {known or 'none'}")
        model = self.load_model(name)
        model = _with_plugins(replace(model, uri=uri, name=include.string("name", model.name)), include)
        if include.find("pose") is not None:
            model = replace(model, pose=parse_pose(include))
        return replace(model, is_static=include.flag("static", model.is_static))

    def _model(self, element: SdfElement) -> Model:
        element.allow("static", "pose", "link", "joint", "plugin", "taskmatrix:role", "self_collide")
        if element.flag("self_collide", default=False):
            raise element.need("self_collide").error("<self_collide> true is not supported; allowed: false")
        _verify_names(element, "link")
        links = tuple(_link(link) for link in element.all("link"))
        if not links:
            raise element.error(f"model '{element.attribute('name')}' has no <link>; add one")
        model = Model(
            name=element.attribute("name"),
            pose=parse_pose(element),
            is_static=element.flag("static", default=False),
            links=links,
            joints=parse_joints(element, {link.name for link in links}),
            role=element.string("taskmatrix:role", ""),
        )
        return _with_plugins(model, element)


def _verify_names(parent: SdfElement, tag: str) -> None:
    names: set[str] = set()
    for child in parent.all(tag):
        if child.attribute("name") in names:
            raise child.error(f"a second <{tag}> is named '{child.attribute('name')}'; give each its own name")
        names.add(child.attribute("name"))


def _with_plugins(model: Model, element: SdfElement) -> Model:
    plugins = [parsed for e in element.all("plugin") if (parsed := parse_plugin(e)) is not None]
    joints = {joint.name for joint in model.joints}
    for plugin in plugins:
        wanted: tuple[str, ...] = ()
        if isinstance(plugin, DifferentialDrive):
            wanted = plugin.left_joints + plugin.right_joints
        elif isinstance(plugin, PositionController):
            wanted = (plugin.joint,)
        for name in wanted:
            if name not in joints:
                raise element.error(
                    f"a plugin names joint '{name}'; model '{model.name}' has {', '.join(sorted(joints))}"
                )
    return replace(
        model,
        drives=model.drives + tuple(p for p in plugins if isinstance(p, DifferentialDrive)),
        position_controllers=model.position_controllers
        + tuple(p for p in plugins if isinstance(p, PositionController)),
        detachable_joints=model.detachable_joints + tuple(p for p in plugins if isinstance(p, DetachableJoint)),
    )


def _verify_references(world: World, element: SdfElement) -> None:
    names = {model.name for model in world.models}
    for model in world.models:
        for joint in model.detachable_joints:
            if joint.child_model not in names:
                raise element.error(
                    f"{joint.where}: DetachableJoint names model '{joint.child_model}', which is not there"
                )
            links = {link.name for link in world.model(joint.child_model).links}
            if world.model(joint.child_model).is_static:
                raise element.error(f"{joint.where}: DetachableJoint names '{joint.child_model}', which is static")
            if joint.child_link not in links or joint.parent_link not in {link.name for link in model.links}:
                raise element.error(f"{joint.where}: DetachableJoint names a link that is not there")


def _step_s(physics: SdfElement) -> float:
    step = physics.number("max_step_size")
    if not 0 < step <= 0.01:
        raise physics.need("max_step_size").error(f"<max_step_size> {step} is outside 0..0.01 s")
    return step


def _light(element: SdfElement) -> Light:
    element.allow("pose", "cast_shadows", "diffuse", "specular", "direction", "intensity", "attenuation")
    if element.attribute("type") != "directional":
        raise element.error(f"light type '{element.attribute('type')}' is not supported; allowed: directional")
    return Light(
        name=element.attribute("name"),
        direction=parse_triple(element.need("direction")),
        diffuse=parse_color(element, "diffuse", (1.0, 1.0, 1.0)),
        specular=parse_color(element, "specular", (0.0, 0.0, 0.0)),
    )


def _link(element: SdfElement) -> Link:
    element.allow("pose", "inertial", "collision", "visual", "sensor")
    for tag in ("collision", "visual", "sensor"):
        _verify_names(element, tag)
    cameras, lidars = parse_sensors(element)
    return Link(
        name=element.attribute("name"),
        pose=parse_pose(element),
        inertial=_inertial(element.find("inertial")),
        collisions=tuple(_collision(e) for e in element.all("collision")),
        visuals=tuple(_visual(e) for e in element.all("visual")),
        cameras=cameras,
        lidars=lidars,
    )


def _inertial(element: SdfElement | None) -> Inertial:
    if element is None:
        return Inertial()
    element.allow("pose", "mass", "inertia")
    tensor = element.need("inertia")
    moments = tuple(tensor.number(t, 0.0) for t in ("ixx", "iyy", "izz", "ixy", "ixz", "iyz"))
    mass = element.number("mass")
    if mass <= 0 or min(moments[:3]) <= 0:
        raise element.error(f"mass {mass} kg and moments {moments[:3]} must be above 0")
    ixx, iyy, izz, ixy, ixz, iyz = moments
    return Inertial(mass, parse_pose(element), (ixx, iyy, izz, ixy, ixz, iyz))


def _geometry(element: SdfElement) -> Geometry:
    geometry = element.need("geometry")
    if len(geometry.children) != 1:
        raise geometry.error("<geometry> must hold exactly one shape")
    shape = geometry.children[0]
    match shape.tag:
        case "box":
            size = shape.need("size").numbers(3)
        case "sphere":
            size = (shape.number("radius"),)
        case "cylinder" | "capsule":
            size = (shape.number("radius"), shape.number("length"))
        case _:
            allowed = ", ".join(s.value for s in Shape)
            raise shape.error(f"shape <{shape.tag}> is not supported; allowed: {allowed}")
    shape.allow("size", "radius", "length")
    if min(size) <= 0:
        raise shape.error(f"<{shape.tag}> has the size {size}; every length must be above 0")
    return Geometry(Shape(shape.tag), size)


def _collision(element: SdfElement) -> Collision:
    element.allow("pose", "geometry", "surface")
    friction = 1.0
    surface = element.find("surface")
    if surface is not None:
        surface.allow("friction")
        surface.need("friction").allow("ode")
        ode = surface.need("friction").need("ode")
        ode.allow("mu", "mu2")
        friction = ode.number("mu")
        if ode.number("mu2", friction) != friction:
            raise ode.need("mu2").error("<mu2> differs from <mu>; only equal friction in all directions is supported")
        if friction < 0:
            raise ode.need("mu").error(f"<mu> is {friction:g}; it must not be below 0")
    return Collision(element.attribute("name"), parse_pose(element), _geometry(element), friction)


def _visual(element: SdfElement) -> Visual:
    element.allow("pose", "geometry", "material", "cast_shadows")
    geometry = _geometry(element)
    material = _material(element.find("material"))
    if material.texture is not None and geometry.shape is not Shape.BOX:
        raise element.error(f"a texture on a {geometry.shape.value} is not supported; allowed: box")
    return Visual(element.attribute("name"), parse_pose(element), geometry, material)


def _material(element: SdfElement | None) -> Material:
    if element is None:
        return Material()
    element.allow("ambient", "diffuse", "specular", "pbr")
    diffuse = element.find("diffuse")
    red, green, blue, alpha = diffuse.numbers(4) if diffuse else (0.7, 0.7, 0.7, 1.0)
    specular = max(parse_color(element, "specular", (0.0, 0.0, 0.0)))
    pbr = element.find("pbr")
    texture: Path | None = None
    if pbr is not None:
        image = pbr.need("metal").need("albedo_map")
        texture = image.file.parent / image.text
        if not texture.is_file():
            raise image.error(f"there is no texture '{image.text}' beside this file")
    return Material((red, green, blue, alpha), specular, texture)

"""What a robot knows of things and places, as the planner reads it."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.planner.things.robot_map import MapObject, MapPlace, RobotMap, traits_of


def map_of_home(home: Home) -> RobotMap:
    """Give the things and places of a home; its areas are places too, to go to and to look in."""
    spots = [
        MapPlace(id=place.id, name=place.name, aliases=place.aliases, area=place.area or "") for place in home.places
    ]
    taken = {place.id for place in spots}
    rooms = [
        MapPlace(id=area.id, name=area.name, aliases=area.aliases, area=area.id, is_area=True)
        for area in home.areas
        if area.id not in taken
    ]
    ids = {name.casefold(): place.id for place in reversed((*spots, *rooms)) for name in place.called}
    robot = home.robot
    holding = (robot.holding or "") if robot else ""
    objects = []
    for thing in home.objects:
        has, lacks = traits_of(thing.attributes)
        category = thing.category or ()
        objects.append(
            MapObject(
                id=thing.id,
                name=thing.name,
                aliases=thing.aliases,
                categories=(category,) if isinstance(category, str) else tuple(category),
                traits=has,
                lacks=lacks,
                # What is held is nowhere, whatever was noted before.
                at="" if thing.id == holding else ids.get((thing.at or "").casefold(), thing.at or ""),
            )
        )
    at = (robot.at or "") if robot else ""
    return RobotMap(objects=tuple(objects), places=(*spots, *rooms), at=at, holding=holding)


def map_of_world(name: str) -> RobotMap:
    """Give what the robot's own map names: it finds out where things are by looking.

    :param name: of the map in ``config/world``.
    :raises ConfigError: there is none of that name, or it is no map.
    """
    from taskmatrix_ros.robot.description.world_description import WorldDescription  # brings numpy and scipy along

    world = WorldDescription.load(name)
    places = [
        MapPlace(id=place.name, aliases=place.aliases, area=place.room, is_area=place.surface is None)
        for place in world.places
    ]
    objects = [
        MapObject(id=thing.name, aliases=thing.aliases, categories=(thing.category,) if thing.category else ())
        for thing in world.objects
    ]
    return RobotMap(objects=tuple(objects), places=tuple(places))


def map_of_profile(settings: Settings) -> Callable[[], RobotMap] | None:
    """Give what hands out the map of a profile's robot; None for a profile that names none.

    :raises ConfigError: as ``map_of_world``.
    """
    skills = settings.processes.skills
    if skills is None:
        return None
    robot_map = map_of_world(skills.world)
    return lambda: robot_map

"""A kitchen for tests, and a planner that knows it."""

from __future__ import annotations

from planner_desk import Desk
from shipped_catalogue import shipped

from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.things.grounding import Grounding
from taskmatrix_ros.planner.things.known_things import KnownThings
from taskmatrix_ros.planner.things.lexicon import Lexicon
from taskmatrix_ros.planner.things.robot_map import MapObject, MapPlace, RobotMap

ENGLISH = Lexicon.of("en")


def thing(
    object_id: str, name: str, at: str, *traits: str, category: str = "", aliases: tuple[str, ...] = ()
) -> MapObject:
    categories = (category,) if category else ()
    return MapObject(id=object_id, name=name, aliases=aliases, categories=categories, traits=frozenset(traits), at=at)


KITCHEN = RobotMap(
    places=(
        MapPlace(id="p_table", name="table", area="kitchen"),
        MapPlace(id="p_counter", name="counter", aliases=("worktop",), area="kitchen"),
        MapPlace(id="p_desk", name="writing desk", area="study"),
        MapPlace(id="p_bin", name="waste basket", area="kitchen"),
        MapPlace(id="kitchen", name="kitchen", area="kitchen", is_area=True),
        MapPlace(id="study", name="study", area="study", is_area=True),
    ),
    objects=(
        thing("cola_1", "cola", "p_table", "caffeinated", category="soft drink"),
        thing("cola_2", "cola", "p_counter", "caffeinated", category="soft drink"),
        thing("juice", "apple juice", "p_counter", "sweet", category="drink"),
        thing("apple", "apple", "p_table", category="fruit"),
        thing("nuts", "salted nuts", "p_desk", category="snack"),
        thing("red_pen", "red pen", "p_desk", "red"),
        thing("blue_pen", "blue pen", "p_table", "blue"),
        thing("salt", "salt and pepper", "p_table"),
        thing("cloth", "dish cloth", "p_counter", category="cleaning supplies"),
        thing("wine_glass", "wine glass", "p_counter", category="dish"),
    ),
    at="p_counter",
)


def grounding(robot_map: RobotMap = KITCHEN, **more: object) -> Grounding:
    return Grounding(map=robot_map, things=KnownThings(robot_map, ENGLISH), lexicon=ENGLISH, **more)  # type: ignore[arg-type]


class MapDesk(Desk):
    """A desk whose planner knows a map."""

    def __init__(self, robot_map: RobotMap = KITCHEN) -> None:
        super().__init__(shipped())
        self.planner = OfflinePlanner(self.catalogue, robot_map=lambda: robot_map)

"""The furniture that generated homes choose from: models of ``sim/models``, and how they want to stand."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Furniture:
    """A static model of ``sim/models``.

    :param name: of the model.
    :param size_m: along its back, and from the back to the front.
    :param height_m: of its top where things may stand on it, else None.
    :param back_turn_rad: what turns the model so that its back looks north.
    :param hides_wall: whether it is taller than a wall tag hangs.
    """

    name: str
    size_m: tuple[float, float]
    height_m: float | None = None
    back_turn_rad: float = 0.0
    hides_wall: bool = False


SURFACES = (
    Furniture("kitchen_counter", (2.4, 0.6), 0.85),
    Furniture("kitchen_table", (1.0, 0.8), 0.72, math.pi / 2),
    Furniture("kitchen_shelf", (1.0, 0.4), 0.60, -math.pi / 2),
    Furniture("coffee_table", (1.1, 0.5), 0.50),
    Furniture("tv_stand", (1.3, 0.42), 0.55, hides_wall=True),
    Furniture("dining_table", (1.4, 0.8), 0.72),
    Furniture("desk", (1.1, 0.6), 0.72, -math.pi / 2),
    Furniture("nightstand", (0.45, 0.45), 0.55),
)
CLUTTER = (
    Furniture("fridge", (0.7, 0.74), hides_wall=True),
    Furniture("sofa", (1.9, 0.9), back_turn_rad=math.pi),
    Furniture("bed", (1.56, 1.95)),
    Furniture("chair", (0.42, 0.42), back_turn_rad=math.pi),
    Furniture("plant", (0.5, 0.5)),
    Furniture("floor_lamp", (0.4, 0.4), hides_wall=True),
)

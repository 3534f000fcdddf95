"""A home's states as state keys, in this project's units."""

from __future__ import annotations

from typing import Any

from taskmatrix_ros.core.home import Home
from taskmatrix_ros.registry.entity_state import entity_state


def home_state(home: Home) -> dict[str, Any]:
    """Give the state keys of every exposed entity; what is known to be nothing is null."""
    state: dict[str, Any] = {}
    for entity in home.entities:
        if entity.exposed:
            state |= entity_state(entity.entity_id, entity.state, entity.attributes)
    if home.robot is not None:
        state["robot.holding"] = home.robot.holding
        state["robot.holding_names"] = [home.robot.holding] if home.robot.holding else []
        state["robot.near"] = [home.robot.at] if home.robot.at else []
    return state

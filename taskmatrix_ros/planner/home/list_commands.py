"""Lists, and what is said aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing


@dataclass(frozen=True, slots=True)
class ListName:
    """A list that was named; no entity for the shopping list that Home Assistant has of its own."""

    entity_id: str | None


def _add(command: Command, _stage: Stage) -> Doing:
    return _call(command, "todo_add_item", {}, "shopping_list_add_item")


def _done(command: Command, _stage: Stage) -> Doing:
    return _call(command, "todo_update_item", {"status": "completed"}, "shopping_list_complete_item")


def _call(command: Command, api: str, data: Mapping[str, str], of_shopping: str) -> Doing:
    wanted: ListName = command.slots["list"]
    item = str(command.slots["item"])
    if wanted.entity_id is None:
        return Doing(statements=(Statement(of_shopping, {"name": item}, "", (of_shopping,)),))
    return doing([(api, wanted.entity_id, {"item": item, **data})])


def _announce(command: Command, stage: Stage) -> Doing:
    ids = stage.resolver.in_area({"assist_satellite"}, None)
    if not ids:
        raise PlanningError("there is nothing here that can speak an announcement", code=UNKNOWN_NAME)
    message = str(command.slots["message"])
    return doing(("assist_satellite_announce", entity, {"message": message}) for entity in ids)


HANDLERS: Mapping[str, Handler] = {
    "list_add": _add,
    "list_done": _done,
    # What is taken off a list was bought or done: Home Assistant keeps it there, checked off.
    "list_remove": _done,
    "announce": _announce,
}

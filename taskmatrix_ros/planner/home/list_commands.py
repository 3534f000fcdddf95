"""Lists, and what is said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.clause_reader import Doing
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.home.command import Command, Handler, Stage, doing
from taskmatrix_ros.planner.language.english import ENGLISH


@dataclass(frozen=True, slots=True)
class ListName:
    """A list that was named; no entity for the shopping list that Home Assistant has of its own."""

    entity_id: str | None


_POINTING = frozenset({"it", "that", "this", "them", "those", "these", "some", "one"})
_JOINT = re.compile(r"\s*(?:,\s*and\s+|,|\band\b|&|\bplus\b)\s*", re.IGNORECASE)
_INSEPARABLE = re.compile(
    r"\b(?:mac|salt|fish|ham|peanut butter|bread|gin|rum|bed|half|black|rock|oil|sweet|surf|pros) (?:and|&) \w+",
    re.IGNORECASE,
)
"""One thing whose name joins two."""


def items_of(text: str) -> tuple[str, ...]:
    """Give the items that are listed: ``milk, eggs and mac and cheese`` -> three; what asks for something is one."""
    parts = [part.strip() for part in _JOINT.split(text)]
    if _INSEPARABLE.search(text) or not all(parts) or any(len(part.split()) > _ITEM_WORDS for part in parts):
        return (text,)
    if len(parts) > 1 and any(part.casefold().split()[0] in ENGLISH.verbs for part in parts):
        return (text,)
    return tuple(parts)


_ITEM_WORDS = 4


def _add(command: Command, stage: Stage) -> Doing:
    if str(command.slots["item"]).casefold() in _POINTING:
        raise ClarificationNeeded(f"What is {command.slots['item']!r}? Say what shall go on the list.")
    doings = [
        _call(command.having(item=item, list=wanted), "todo_add_item", {}, "shopping_list_add_item")
        for text, wanted in _by_list(str(command.slots["item"]), command.slots["list"], stage)
        for item in items_of(text)
    ]
    return replace(doings[0], statements=tuple(statement for one in doings for statement in one.statements))


def _by_list(text: str, last: ListName, stage: Stage) -> Iterator[tuple[str, ListName]]:
    """Part what goes on several lists: ``bin bags to shopping and hoovering`` before ``to chores``."""
    for entity in stage.index.exposed:
        for name in entity.names if entity.domain == "todo" else ():
            words = re.escape(name.casefold().removesuffix(" list"))
            cut = re.search(rf"\s(?:to|on|onto|in) (?:my |the |our )?{words}(?: list)?,? and\s", text, re.IGNORECASE)
            if cut is not None:
                yield text[: cut.start()].strip(), ListName(entity.entity_id)
                yield from _by_list(text[cut.end() :].strip(), last, stage)
                return
    yield text, last


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

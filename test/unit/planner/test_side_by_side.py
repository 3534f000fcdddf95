from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.executor.source.straight_line import has_no_types_to_check
from taskmatrix_ros.planner.code.code_writer import CodeWriter, call_source
from taskmatrix_ros.planner.code.goal import goal_of
from taskmatrix_ros.planner.code.side_by_side import WrittenLine, side_by_side
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState
from taskmatrix_ros.registry.registry import Registry


def document(name: str, **more: Any) -> ApiDocument:
    return ApiDocument.model_validate(
        {
            "name": name,
            "description": "Do it.",
            "parameters": {"entity_id": {"type": "array", "items": {"type": "string"}}},
            "sets": {"{entity_id}.state": '"off"'},
            "resources": ["{entity_id}"],
            "effect": "actuate",
            "binding": {"kind": "homeassistant", "service": name.replace("_", ".", 1)},
            **more,
        }
    )


OFF = document("light_turn_off")
ON = document("light_turn_on")
UNLOCK = document("lock_unlock", effect="hazardous")
COVER = document("cover_open_cover", hazardous_when=["true"])


def line(entry: ApiDocument, *entity_ids: str) -> WrittenLine:
    arguments = {"entity_id": list(entity_ids)}
    return WrittenLine(call_source(entry.name, arguments), entry, arguments)


def test_neighbours_that_share_nothing_go_together_and_keep_their_order() -> None:
    made = list(side_by_side([line(OFF, "light.a", "light.b"), line(ON, "light.c")]))
    assert made == [
        'gather(\n    light_turn_off(entity_id=["light.a", "light.b"]),\n    light_turn_on(entity_id=["light.c"]),\n)'
    ]


def test_what_works_on_the_same_device_comes_after() -> None:
    first, second = line(OFF, "light.a"), line(ON, "light.a", "light.b")
    assert list(side_by_side([first, second])) == [first.source, second.source]


def test_what_asks_or_is_no_plain_call_stands_alone() -> None:
    lines = [line(OFF, "light.a"), line(UNLOCK, "lock.b"), line(OFF, "light.c"), WrittenLine("wait(duration_s=1)")]
    lines += [line(OFF, "light.d"), line(COVER, "cover.e")]
    assert list(side_by_side(lines)) == [one.source for one in lines]


def test_the_goal_of_a_list_is_one_of_each() -> None:
    goal = goal_of(OFF, {"entity_id": ["light.a", "light.b"]}, datetime(2026, 1, 1, tzinfo=UTC))
    assert goal == 'state["light.a.state"] == "off" && state["light.b.state"] == "off"'


def test_gathered_literals_have_no_types_to_check() -> None:
    apis = {"light_turn_off", "light_turn_on"}
    gathered = "gather(\n    light_turn_off(entity_id=['a']),\n    light_turn_on(entity_id=['b']),\n)"
    assert has_no_types_to_check(f"{gathered}\nlight_turn_on(entity_id=['c'])", apis)
    assert not has_no_types_to_check("x = light_turn_on(entity_id=['c'])", apis)
    assert not has_no_types_to_check("gather(light_turn_on(entity_id=x), light_turn_off(entity_id=['a']))", apis)
    assert not has_no_types_to_check("gather(1, 2)", apis)


def test_each_statement_is_told_its_lines_in_the_code() -> None:
    lines = [line(OFF, "light.a"), line(ON, "light.b"), WrittenLine("for x in [1]:\n    wait(duration_s=x)")]
    lines += [line(OFF, "light.c"), line(OFF, "light.c"), line(ON, "light.d")]
    for beside in (False, True):
        writer = CodeWriter(Registry(), SymbolicState({}, datetime(2026, 1, 1, tzinfo=UTC)))
        writer._lines.extend(lines)
        written = (writer.side_by_side if beside else writer.source).split("\n")
        told = [written[first - 1 : last] for first, last in writer.lines(side_by_side=beside)]
        assert [[part.strip(" ,") for part in one] for one in told] == [
            [part.strip() for part in one.source.split("\n")] for one in lines
        ]

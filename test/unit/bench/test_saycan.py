"""Comparing a plan with a written one, by where the things end up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from taskmatrix_ros.bench.saycan import SaycanCase, kitchen, load_saycan, run_saycan
from taskmatrix_ros.bench.symbolic_kitchen import HAND, SymbolicKitchen
from taskmatrix_ros.core.errors import ConfigError


def results(*cases: tuple[str, str]) -> list[tuple[bool, tuple[str, ...]]]:
    given = [SaycanCase(str(n), say, tuple(plan.split(", "))) for n, (say, plan) in enumerate(cases)]
    return [(one.reached, one.moved_wrongly) for one in asyncio.run(run_saycan(given, kitchen()))]


def test_the_same_ends_are_reached_by_other_steps() -> None:
    cases = [
        ("Fetch me the pepsi.", "find a pepsi, pick up the pepsi, bring it to you, put down the pepsi, done"),
        (
            "Please bin two oranges",
            2 * "pick up the orange, go to the trash, put down the orange, go to the counter, " + "done",
        ),
        ("Raise the tea", "find the tea, pick up the tea, done"),
        ("Could you drive to the drawer?", "go to the drawer, done"),
    ]
    assert results(*cases) == [(True, ())] * 4


def test_another_thing_moved_is_told() -> None:
    assert results(("Bring me the tea", "pick up the pepsi, bring it to you, put down the pepsi")) == [
        (False, ("tea",))
    ]


def test_who_asks_has_not_reached_it_and_moved_nothing() -> None:
    assert results(("Bring me a soda", "pick up the coke, bring it to you, put down the coke")) == [(False, ())]


def test_a_step_about_what_is_not_there_names_it() -> None:
    with pytest.raises(ConfigError, match="'guitar'"):
        SymbolicKitchen(kitchen()).follow(["pick up the guitar"])
    with pytest.raises(ConfigError, match="sing"):
        SymbolicKitchen(kitchen()).follow(["sing a song"])


def test_a_thing_held_at_the_end_is_in_the_hand() -> None:
    home = SymbolicKitchen(kitchen())
    home.follow(["find a coke", "pick up the coke can", "done, that is all"])
    assert home.ends()["coke", HAND] == 1
    assert home.moved() == {"coke": 1}


def test_the_set_is_read_from_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--data"):
        load_saycan(tmp_path)
    folder = tmp_path / "saycan_plans"
    folder.mkdir()
    file = folder / "saycan_plan_v0.derived.jsonl"
    file.write_text(json.dumps({"id": 7, "instruction": "Go", "steps": ["go to the table", "done"]}) + "\n")
    assert load_saycan(tmp_path) == (SaycanCase("7", "Go", ("go to the table", "done")),)
    file.write_text('{"id": 7}\n')
    with pytest.raises(ConfigError, match="instruction"):
        load_saycan(tmp_path)

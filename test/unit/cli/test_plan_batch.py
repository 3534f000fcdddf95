"""``taskmatrix plan --home``: lines in, lines out, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from taskmatrix_ros.cli.main import app

HOME = {
    "areas": [{"id": "hall", "name": "Hall"}, {"id": "den", "name": "Den"}],
    "entities": [
        {"entity_id": "light.hall_b", "name": "Hall Spots", "area": "hall", "state": "on"},
        {"entity_id": "light.hall_a", "name": "Hall Lamp", "area": "hall", "state": "on"},
        {"entity_id": "light.den", "name": "Den Lamp", "area": "den", "state": "off"},
    ],
    "now": "2026-05-04T18:30:00+02:00",
}
KEYS = {"id", "status", "calls", "answer", "question", "code", "planner", "ms"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / "home.json"
    file.write_text(json.dumps(HOME), encoding="utf-8")
    return file


def plan(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["plan", *arguments])


def planned_lines(home: Path, text: str) -> list[dict[str, Any]]:
    source, target = home.with_name("in.jsonl"), home.with_name("out.jsonl")
    source.write_text(text, encoding="utf-8")
    result = plan("--home", str(home), "--batch", str(source), "--out", str(target))
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def test_each_line_is_planned_in_its_place(home: Path) -> None:
    lines = planned_lines(
        home,
        '{"id": 1, "text": "turn off the hall lights"}\n'
        '{"id": "two", "text": "is the den lamp on"}\n'
        '{"id": null, "text": "lights off", "area": "Hall"}\n',
    )
    assert [line["id"] for line in lines] == [1, "two", None]
    assert [line["status"] for line in lines] == ["planned", "answered", "planned"]
    assert all(set(line) == KEYS for line in lines)
    call = {"service": "light.turn_off", "entity_id": ["light.hall_a", "light.hall_b"], "data": {}}
    assert lines[0]["calls"] == lines[2]["calls"] == [call]
    assert lines[1]["answer"] == "No, Den Lamp is off."


def test_data_holds_home_assistants_own_fields(home: Path) -> None:
    (line,) = planned_lines(home, '{"id": 1, "text": "set the den lamp to 30 percent"}\n')
    assert line["calls"] == [{"service": "light.turn_on", "entity_id": ["light.den"], "data": {"brightness_pct": 30}}]


def test_a_line_that_is_wrong_is_refused_and_the_rest_goes_on(home: Path) -> None:
    lines = planned_lines(
        home,
        '{"id": 1,\n[1, 2]\n{"id": 3}\n{"id": 4, "text": ""}\n{"id": 5, "text": 7}\n'
        '{"id": 6, "text": "lights off", "area": 9}\n\n{"id": 8, "text": "den lamp on"}',
    )
    assert [line["status"] for line in lines] == ["refused"] * 6 + ["planned"]
    assert [line["id"] for line in lines] == [None, None, 3, 4, 5, 6, 8]
    assert "no JSON" in lines[0]["answer"]
    assert "no JSON object" in lines[1]["answer"]
    assert "no text" in lines[2]["answer"]
    assert "empty" in lines[3]["answer"]


def test_one_instruction_without_a_batch(home: Path) -> None:
    result = plan("turn on the den lamp", "--home", str(home), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["code"] == 'light_turn_on(entity_id=["light.den"])'
    asked = plan("turn on the lamp", "--home", str(home), "--json")
    assert asked.exit_code == 3
    assert json.loads(asked.stdout)["status"] == "ambiguous"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--batch", "in.jsonl", "--out", "out.jsonl"], "--home"),
        (["--home", "{home}", "--batch", "in.jsonl"], "--out"),
        (["--home", "{home}", "--batch", "none.jsonl", "--out", "out.jsonl"], "cannot be read"),
        (["--home", "none.json", "turn on the lamp"], "cannot be read"),
        (["--home", "{home}", "--batch", "a", "--out", "b", "turn on the lamp"], "not both"),
    ],
)
def test_options_that_do_not_fit_are_told(home: Path, arguments: list[str], said: str) -> None:
    result = plan(*(argument.format(home=home) for argument in arguments))
    assert result.exit_code == 2
    assert said in result.output

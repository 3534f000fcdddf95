"""Trying rules at the command line: a line for each thing that would happen, however long; as JSON one document."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from taskmatrix_ros.cli.main import app
from taskmatrix_ros.core.errors import MOST_SHOWN

WORDS = "When somebody comes home late in the evening, and it is dark in the hall, then switch the light in the hall on"
RULE = f"""rules:
  - id: late
    text: {WORDS}
    triggers: [{{kind: state, key: fan.state, to: "on"}}]
    condition: state["light.hall.state"] != "on" && state["room.living_room.temperature_c"] < 100
    action: {{code: 'light_on(light="hall")'}}
"""
SCENARIO = """state: {room.living_room.temperature_c: 20, fan.state: "off"}
history:
  - {at: 2026-03-02T20:00, set: {fan.state: "on"}}
"""
SPAN = ("--from", "2026-03-02T00:00", "--to", "2026-03-03T00:00")


def simulate(folder: Path, scenario: str, *options: str, span: tuple[str, ...] = SPAN) -> tuple[int, str, str]:
    (folder / "rules.yaml").write_text(RULE, encoding="utf-8")
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    files = ("--rules", str(folder / "rules.yaml"), "--scenario", str(folder / "scenario.yaml"))
    result = CliRunner().invoke(app, ["rules", "simulate", *files, *span, *options])
    return result.exit_code, result.stdout, result.stderr


def test_each_thing_is_a_line_however_long(tmp_path: Path) -> None:
    status, out, _ = simulate(tmp_path, SCENARIO)
    lines = out.splitlines()
    assert (status, len(lines)) == (0, 2)
    assert lines[0].startswith("2026-03-02T20:00:00")
    assert len(lines[0]) > 150
    assert lines[0].endswith('-> light_on(light="hall")')
    assert "ended" in lines[1]


def test_as_json_it_is_one_document_also_where_nothing_happens(tmp_path: Path) -> None:
    status, out, _ = simulate(tmp_path, SCENARIO, "--json")
    told = json.loads(out)
    assert (status, told["succeeded"]) == (0, True)
    assert [(one["rule_id"], one["verdict"], one.get("would")) for one in told["timeline"]] == [
        ("late", "fired", 'light_on(light="hall")'),
        ("late", "ended", None),
    ]
    before = ("--from", "2026-03-01T00:00", "--to", "2026-03-02T00:00")
    _, out, _ = simulate(tmp_path, SCENARIO, "--json", span=before)
    assert json.loads(out) == {"succeeded": True, "timeline": []}


def test_who_makes_one_mistake_a_thousand_times_is_told_some_of_it(tmp_path: Path) -> None:
    wrong = "history:\n" + '  - {at: 2026-03-02T20:00, sets: {fan.state: "on"}}\n' * 1000
    status, out, err = simulate(tmp_path, wrong)
    assert (status, out) == (2, "")
    assert err.count("unknown key 'sets'") == MOST_SHOWN
    assert f"and {1000 - MOST_SHOWN} more" in err
    _, out, _ = simulate(tmp_path, wrong, "--json")
    assert json.loads(out)["error"]["message"].endswith(f"and {1000 - MOST_SHOWN} more")

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_ha_home import HomeFolder, RunningHaHome

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

pytestmark = pytest.mark.homeassistant


@pytest.fixture(scope="module")
def home(home_assistant: HomeAssistantServer, tmp_path_factory: pytest.TempPathFactory) -> HomeFolder:
    return HomeFolder(tmp_path_factory.mktemp("home"), home_assistant)


@pytest.fixture(scope="module")
def running(home: HomeFolder, leaks: object) -> Iterator[RunningHaHome]:
    with leaks.long_lived("taskmatrix_ros", "_read"):  # type: ignore[attr-defined]
        up = RunningHaHome(home)
        try:
            yield up
        finally:
            up.close()


def test_a_snapshot_is_what_home_assistant_has(home: HomeFolder, tmp_path: Path) -> None:
    ended = home.taskmatrix("ha", "snapshot", "--profile", str(home.profile))
    assert ended.returncode == 0, ended.stderr
    (tmp_path / "home.json").write_text(ended.stdout)
    snapshot = HomeSnapshot.load(tmp_path / "home.json")
    areas = {area.id: area for area in snapshot.areas}
    by_id = {entity.entity_id: entity for entity in snapshot.entities}
    assert areas[by_id["light.reading_lamp"].area].name == "Living room"
    assert by_id["light.reading_lamp"].aliases == ("floor lamp",)
    assert {area.floor for area in snapshot.areas if area.name in ("Kitchen", "Hall")} == {"downstairs"}
    assert "input_boolean.coffee" not in by_id
    assert json.loads(ended.stdout)["now"]


def test_a_wrong_token_is_told_from_a_server_that_is_away(home: HomeFolder, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("eyJhbGciOiJIUzI1NiJ9.wrong.secret")
    sets = ("--profile", str(home.profile), "--set", f"homeassistant.token_file={wrong}")
    ended = home.taskmatrix("ha", "snapshot", *sets)
    assert ended.returncode == 4
    assert "refuses the token" in ended.stderr
    assert "long-lived access token" in ended.stderr
    assert "wrong.secret" not in ended.stderr
    away = home.taskmatrix(
        "ha", "snapshot", "--profile", str(home.profile), "--set", "homeassistant.url=http://127.0.0.1:9"
    )
    assert away.returncode == 4
    assert "refuses the token" not in away.stderr
    assert "127.0.0.1:9" in away.stderr


def test_up_and_do_serve_a_home_alone(home: HomeFolder, running: RunningHaHome) -> None:
    status, done = home.do("do", "wait 0.2 seconds")
    assert status == 0, done
    assert done["calls"][0]["status"] == "succeeded"
    status, shown = home.do("runs", "show", done["run_id"])
    assert shown["run"]["calls"][0]["api"] == "wait"
    assert home.do("stop", "test")[0] == 0
    status, stopped = home.do("do", "wait 0.2 seconds")
    assert stopped["error_code"] == "STOPPED"
    assert home.do("rearm", "test")[0] == 0


def test_a_second_home_of_the_same_profile_is_refused(home: HomeFolder, running: RunningHaHome) -> None:
    ended = home.taskmatrix("up", "--profile", str(home.profile))
    assert ended.returncode == 2
    assert "end that one" in ended.stderr


def test_no_log_holds_the_token(home: HomeFolder, running: RunningHaHome, home_assistant: HomeAssistantServer) -> None:
    looked_at = 0
    for path in (*home.folder.rglob("*.log"), *(home.folder / "state").rglob("*"), *home.folder.rglob("*.jsonl")):
        if path.is_file():
            looked_at += 1
            assert home_assistant.token.encode() not in path.read_bytes(), path
    assert looked_at > 2
    assert not any(home_assistant.token in line for line in running.lines)

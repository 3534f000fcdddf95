"""The command line: one JSON document, one clear line for each error, the exit status of DESIGN section 9."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from taskmatrix_ros.cli.exit_status import ExitStatus, exit_status_of_error, exit_status_of_run
from taskmatrix_ros.cli.main import app, without_ros_arguments
from taskmatrix_ros.core.errors import CallUnavailable, ConfigError, NotInstalled, PlanningError, RunError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import RunStatus


def taskmatrix(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def document(*arguments: str, text: str | None = None) -> tuple[int, Any]:
    status, out, _err = taskmatrix(*arguments, "--json", text=text)
    return status, json.loads(out)


def test_plan_shows_outline_code_and_calls_without_any_server() -> None:
    status, plan = document("plan", "bring me the coke from the kitchen and turn on the tv")
    assert (status, plan["status"]) == (0, "planned")
    assert [step["text"] for step in plan["outline"]["steps"]] == [
        "bring me the coke from the kitchen",
        "turn on the tv",
    ]
    assert plan["code"].count("\n") == 6
    assert [call["api"] for call in plan["calls"]] == [
        "robot_go_to",
        "robot_find",
        "robot_go_to",
        "robot_pick_up",
        "robot_go_to",
        "robot_put_down",
        "tv_open",
    ]
    assert plan["predicted"]["diff"]["tv.state"] == [None, "on"]


def test_an_outline_alone_has_no_code() -> None:
    status, plan = document("plan", "turn on the tv", "--outline-only")
    assert (status, plan["code"], plan["calls"]) == (0, "", [])
    assert len(plan["outline"]["steps"]) == 1


def test_what_cannot_be_understood_is_refused_with_what_can_be_done() -> None:
    status, plan = document("plan", "switch on the kitchen")
    assert (status, plan["status"]) == (ExitStatus.REFUSED, "refused")
    assert plan["nearest"]
    status, out, err = taskmatrix("plan", "switch on the kitchen")
    assert (status, out) == (ExitStatus.REFUSED, "")
    assert "it can:" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the instruction is empty"),
        ("   \n", "the instruction is empty"),
        ("x" * 1_000_000, "1,000,000 characters"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "do"])
def test_an_impossible_text_is_a_usage_error(command: str, text: str, said: str) -> None:
    status, out, err = taskmatrix(command, "-", text=text)
    assert (status, out) == (ExitStatus.USAGE, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    status, error = document(command, "-", text=text)
    assert (status, error["error"]["code"]) == (ExitStatus.USAGE, "USAGE")


def test_every_shipped_document_is_listed_and_right() -> None:
    status, listed = document("apis", "list")
    assert status == 0
    assert {"robot_pick_up", "ac_set_temperature"} <= {entry["name"] for entry in listed["apis"]}
    status, checked = document("apis", "check")
    assert (status, checked["succeeded"], checked["findings"]) == (0, True, [])
    assert checked["documents"] == len(listed["apis"])


def test_search_finds_and_says_when_nothing_fits() -> None:
    status, found = document("apis", "search", "make the room cooler with the air conditioner")
    assert (status, found["apis"][0]["name"][:3]) == (0, "ac_")
    status, found = document("apis", "search", "xyzzy")
    assert (status, found["apis"]) == (ExitStatus.FAILED, [])


def test_an_unknown_document_names_the_nearest() -> None:
    status, out, err = taskmatrix("apis", "show", "robot_pickup")
    assert (status, out) == (ExitStatus.USAGE, "")
    assert "robot_pick_up" in err
    assert json.loads(taskmatrix("apis", "show", "robot_pick_up", "--json")[1])["effect"] == "actuate"


def broken(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = resource("api_manifests/home.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "home.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("effect: actuate", "efect: actuate", "effect"),
        ("name: ac_close", "name: ac_open", "ac_open"),
        ("minimum: 16", "minimum: warm", "minimum"),
    ],
)
def test_a_wrong_manifest_is_named_with_file_line_and_remedy(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = broken(tmp_path, (old, new))
    status, out, err = taskmatrix("apis", "check", str(path))
    assert (status, out) == (ExitStatus.FAILED, "")
    assert f"{path}:" in err
    assert said in err
    assert "Traceback" not in err
    status, checked = document("apis", "check", str(path))
    assert (status, checked["succeeded"]) == (ExitStatus.FAILED, False)
    assert all(finding["line"] > 0 for finding in checked["findings"])


def test_up_starts_nothing_with_a_wrong_manifest(tmp_path: Path) -> None:
    path = broken(tmp_path, ("effect: actuate", "efect: actuate"))
    sets = [f"manifests=['{path}']", f"state_folder={tmp_path}"]
    status, _out, err = taskmatrix("up", *(part for entry in sets for part in ("--set", entry)))
    assert status == ExitStatus.USAGE
    assert f"{path}:" in err
    assert "ready" not in err
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("arguments", [("up", "--profile", "mars"), ("demo", "--scenario", "mars")])
def test_an_unknown_profile_or_scenario_says_which_there_are(arguments: tuple[str, ...]) -> None:
    status, _out, err = taskmatrix(*arguments)
    assert status == ExitStatus.USAGE
    assert "mars" in err
    assert "demo" in err or "fetch" in err


def test_help_and_version_are_there() -> None:
    status, out, _err = taskmatrix("--help")
    assert status == 0
    assert all(word in out for word in ("demo", "up", "do", "plan", "apis", "runs", "stop", "rearm"))
    assert taskmatrix("--version")[1].startswith("taskmatrix_ros ")
    assert taskmatrix("no-such-command")[0] == ExitStatus.USAGE


def test_exit_statuses() -> None:
    assert {status: exit_status_of_run(status) for status in RunStatus if status.ended} == {
        RunStatus.SUCCEEDED: ExitStatus.DONE,
        RunStatus.DRY_RUN: ExitStatus.DONE,
        RunStatus.UNCONFIRMED: ExitStatus.FAILED,
        RunStatus.FAILED: ExitStatus.FAILED,
        RunStatus.CANCELLED: ExitStatus.FAILED,
        RunStatus.REFUSED: ExitStatus.REFUSED,
        RunStatus.UNAVAILABLE: ExitStatus.UNAVAILABLE,
    }
    for error, status in (
        (ConfigError("x"), ExitStatus.USAGE),
        (PlanningError("x"), ExitStatus.REFUSED),
        (CallUnavailable("x"), ExitStatus.UNAVAILABLE),
        (NotInstalled("x"), ExitStatus.UNAVAILABLE),
        (RunError("x"), ExitStatus.FAILED),
    ):
        assert exit_status_of_error(error) is status


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("up --profile demo", "up --profile demo"),
        ("up --profile demo --ros-args -r __node:=taskmatrix_up", "up --profile demo"),
        ("demo --ros-args -r __ns:=/a -- --seed 2", "demo --seed 2"),
        ("demo --ros-args --ros-args -p x:=1 -- --seed 2 --ros-args", "demo --seed 2"),
    ],
)
def test_what_ros2_launch_adds_is_left_out(given: str, left: str) -> None:
    assert without_ros_arguments(given.split()) == left.split()


def test_what_goes_to_a_file_is_neither_wrapped_nor_cut() -> None:
    status, out, _ = taskmatrix("apis", "show", "light_on")
    assert status == 0
    assert max(map(len, out.splitlines())) > 80, "else this shows nothing"
    shown = yaml.safe_load(out)
    _, told = document("apis", "show", "light_on")
    assert shown["sentences"] == told["sentences"]
    assert shown["ensures"] == told["ensures"]
    _, out, _ = taskmatrix("plan", "when the living room is warmer than 27 degrees, turn off the light in the kitchen")
    assert max(map(len, out.splitlines())) > 80, "else this shows nothing"
    assert "1. when the living room is warmer than 27 degrees, turn off the light in the kitchen  " in out

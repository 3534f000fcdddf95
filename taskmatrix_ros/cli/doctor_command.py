"""``taskmatrix doctor``: what a profile needs, how it is, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from taskmatrix_ros.app.doctor.examination import examine, is_well
from taskmatrix_ros.app.doctor.finding import CheckedPart, Health
from taskmatrix_ros.app.doctor.robot_check import check_robot
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.up_command import ProfileOption, SetOption
from taskmatrix_ros.core.main_loop import run_until_signal

_MARKS = {
    Health.OK: "[green]ok[/]",
    Health.WARNING: "[yellow]look[/]",
    Health.FAILED: "[red]wrong[/]",
    Health.NOT_USED: "[dim]not used[/]",
}


@command
def doctor(
    *,
    profile: ProfileOption = "demo",
    robot: Annotated[
        bool, typer.Option("--robot", help="Hold the robot's driver against the contract instead: it MOVES the robot.")
    ] = False,
    description: Annotated[
        str, typer.Option(help="With --robot: another description of it, a name in config/robot or a YAML file.")
    ] = "",
    world: Annotated[
        str, typer.Option(help="With --robot: the map whose wall tags judge the camera, a name or a YAML file.")
    ] = "",
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> ExitStatus:
    """Look at ROS, brokers, Home Assistant, model server, camera, simulator, clock and disk of a profile.

    With --robot: listen to the running robot of the profile, move lift and gripper, turn it on the spot and drive it
    30 cm to and fro. Give it a metre of free floor, and let nothing else command it.
    """
    if (description or world) and not robot:
        raise UsageError("doctor: --description and --world go with --robot; add it")
    settings = load_settings(profile, overrides or ())
    found: tuple[CheckedPart, ...] | None
    if robot:
        found = check_robot(settings, description=description, world=world, announce=_announce)
    else:
        found = run_until_signal(examine(settings))
    if found is None:
        return ExitStatus.FAILED
    _show(found, profile, as_json=as_json)
    return ExitStatus.DONE if is_well(found) else ExitStatus.FAILED


def _announce(line: str) -> None:
    errors.print(escape(f"{line} ..."), style="dim")


def _show(found: tuple[CheckedPart, ...], profile: str, *, as_json: bool) -> None:
    if as_json:
        document = {
            "profile": profile,
            "succeeded": is_well(found),
            "parts": [one.model_dump(mode="json") for one in found],
        }
        print_json(document)
        return
    table = Table("", "part", "what", "what to do", box=None)
    for one in found:
        table.add_row(_MARKS[one.health], one.part, escape(one.said), escape(one.remedy))
    console.print(table)

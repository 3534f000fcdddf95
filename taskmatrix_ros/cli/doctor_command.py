"""``taskmatrix doctor``: what a profile needs, how it is, and what to do."""

from __future__ import annotations

from rich.table import Table

from taskmatrix_ros.app.doctor.examination import examine, is_well
from taskmatrix_ros.app.doctor.finding import Health
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, escape, print_json
from taskmatrix_ros.cli.up_command import ProfileOption, SetOption
from taskmatrix_ros.core.main_loop import run_until_signal

_MARKS = {
    Health.OK: "[green]ok[/]",
    Health.WARNING: "[yellow]look[/]",
    Health.FAILED: "[red]wrong[/]",
    Health.NOT_USED: "[dim]not used[/]",
}


@command
def doctor(*, profile: ProfileOption = "demo", overrides: SetOption = None, as_json: JsonOption = False) -> ExitStatus:
    """Look at ROS, brokers, Home Assistant, model server, camera, simulator, clock and disk of a profile."""
    settings = load_settings(profile, overrides or ())
    found = run_until_signal(examine(settings))
    if found is None:
        return ExitStatus.FAILED
    if as_json:
        document = {
            "profile": profile,
            "succeeded": is_well(found),
            "parts": [one.model_dump(mode="json") for one in found],
        }
        print_json(document)
    else:
        table = Table("", "part", "what", "what to do", box=None)
        for one in found:
            table.add_row(_MARKS[one.health], one.part, escape(one.said), escape(one.remedy))
        console.print(table)
    return ExitStatus.DONE if is_well(found) else ExitStatus.FAILED

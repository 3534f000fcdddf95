"""``taskmatrix up``: the processes of a profile, until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from taskmatrix_ros.app.processes.supervisor import Supervisor
from taskmatrix_ros.app.profile.settings import load_settings, world_overrides
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import command, errors, escape
from taskmatrix_ros.core.main_loop import run_until_signal

ProfileOption = Annotated[str, typer.Option(help="A profile of config/, or the path of a YAML file.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting of the profile.")
]


@command
def up(
    *,
    profile: ProfileOption = "demo",
    world: Annotated[str, typer.Option(help="Another world for simulator and skills: a name, or an SDF file.")] = "",
    overrides: SetOption = None,
) -> ExitStatus:
    """Run a profile: broker, devices, simulator and skills as it says, and the node. Ctrl-C ends it all."""
    overrides = [*(world_overrides(world) if world else ()), *(overrides or ())]
    settings = load_settings(profile, overrides)
    logs = settings.state_folder / "logs"
    supervisor = Supervisor(settings, profile, overrides, log_folder=logs, announce=announce)

    async def program() -> str:
        try:
            await supervisor.open()
            announce(f'up; try: taskmatrix do "turn on the kitchen light" (logs: {logs}); Ctrl-C ends it')
            return await supervisor.watch()
        finally:
            announce("ending …")
            await supervisor.close()

    ending = run_until_signal(program())
    if ending is None:
        return ExitStatus.DONE
    errors.print(f"[red]error[/] the node ended with {escape(ending)}; its log is {escape(str(logs / 'node.log'))}")
    return ExitStatus.FAILED


def announce(line: str) -> None:
    """Say what happens, on standard error."""
    errors.print(escape(line))

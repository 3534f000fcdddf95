"""``taskmatrix``: the one program."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from taskmatrix_ros import __version__
from taskmatrix_ros.cli import (  # noqa: F401 - they add to `runs`, `apis` and `sim`
    apis_edit_commands,
    apis_import_commands,
    replay_command,
    run_control_commands,
    sim_watch_commands,
)
from taskmatrix_ros.cli.apis_commands import apis
from taskmatrix_ros.cli.approve_commands import answer, approve
from taskmatrix_ros.cli.audit_commands import audit
from taskmatrix_ros.cli.bench_command import bench
from taskmatrix_ros.cli.demo_command import demo
from taskmatrix_ros.cli.do_command import do
from taskmatrix_ros.cli.doctor_command import doctor
from taskmatrix_ros.cli.feedback_command import feedback
from taskmatrix_ros.cli.ha_commands import ha
from taskmatrix_ros.cli.mcp_command import mcp
from taskmatrix_ros.cli.outline_commands import outline
from taskmatrix_ros.cli.plan_command import plan
from taskmatrix_ros.cli.rules_commands import rules
from taskmatrix_ros.cli.runs_commands import rearm, runs, stop
from taskmatrix_ros.cli.sim_commands import sim
from taskmatrix_ros.cli.up_command import up
from taskmatrix_ros.core.parent_death import die_with_parent

app = typer.Typer(
    name="taskmatrix",
    help="Say what you want of your robot and your home; see it planned, checked, done and confirmed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(up)
app.command()(do)
app.command()(plan)
app.add_typer(apis, name="apis")
app.add_typer(runs, name="runs")
app.add_typer(rules, name="rules")
app.add_typer(outline, name="outline")
app.command()(approve)
app.command()(answer)
app.add_typer(audit, name="audit")
app.add_typer(ha, name="ha")
app.command()(stop)
app.command()(rearm)
app.command()(bench)
app.command()(doctor)
app.command()(feedback)
app.command()(mcp)
app.add_typer(sim, name="sim")


def show_version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        typer.echo(f"taskmatrix_ros {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", help="Print the version and leave.", callback=show_version, is_eager=True)
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens to standard error.")] = False,
) -> None:
    """Exit status: 0 done, 1 failed, 2 usage, 3 refused, 4 unavailable."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def main() -> None:
    """Run the program; the entry point of the package."""
    die_with_parent()
    app(args=without_ros_arguments(sys.argv[1:]))


def without_ros_arguments(words: Sequence[str]) -> list[str]:
    """Leave out what ``ros2 launch`` adds for a node, which this program starts as a process of its own.

    >>> without_ros_arguments(["up", "--profile", "demo", "--ros-args", "-r", "__node:=taskmatrix_up"])
    ['up', '--profile', 'demo']
    """
    if "--ros-args" not in words:
        return list(words)
    before, after = words[: words.index("--ros-args")], words[words.index("--ros-args") + 1 :]
    return [*before, *(without_ros_arguments(after[after.index("--") + 1 :]) if "--" in after else ())]


if __name__ == "__main__":
    main()

"""``taskmatrix demo``: everything from nothing to a judged end, with a live timeline."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.demo.demo_run import Demo, DemoListener, DemoReport, GoalVerdict
from taskmatrix_ros.app.demo.scenario import load_scenario
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, errors, escape, print_json
from taskmatrix_ros.cli.timeline import Timeline
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.main_loop import INTERRUPTED, run_until_signal

SPEED = 2.0


@command
def demo(
    *,
    scenario: Annotated[str, typer.Option(help="A scenario of sim/scenarios.")] = "fetch",
    seed: Annotated[int, typer.Option(min=0, help="Moves the objects about the home.")] = 1,
    profile: Annotated[str, typer.Option(help="Of a simulated home: demo (MuJoCo) or gazebo.")] = "demo",
    speed: Annotated[
        float | None,
        typer.Option(min=0.1, max=20.0, help=f"Simulated seconds per second; by default {SPEED:g}, in Gazebo 1."),
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Where the top view is written.")] = None,
    record: Annotated[Path | None, typer.Option(help="An MP4 file to which the world is filmed.")] = None,
    as_json: JsonOption = False,
) -> ExitStatus:
    """Run the main job in a simulated home and judge it by the world itself. No key, no account, no ROS installed."""
    loaded = load_scenario(scenario)
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    target = picture or Path("artifacts") / f"demo-{scenario}-seed{seed}-{stamp}.png"
    folder = Path(tempfile.mkdtemp(prefix="taskmatrix-demo-"))
    listener = _Teller()
    report: DemoReport | None = None
    try:
        run = Demo(
            loaded,
            seed=seed,
            speed=speed if speed is not None else _usual_speed(profile),
            folder=folder,
            picture=target.absolute(),
            listener=listener,
            film=None if record is None else record.absolute(),
            profile=profile,
        )
        report = run_until_signal(run.run())
    finally:
        listener.close()
        if report is not None and report.succeeded:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            errors.print(f"logs and journal are kept in {escape(str(folder))}")
    if report is None:
        raise typer.Exit(INTERRUPTED)
    _show(report, as_json=as_json)
    return ExitStatus.DONE if report.succeeded else ExitStatus.FAILED


def _usual_speed(profile: str) -> float:
    simulator = load_settings(profile).processes.simulator
    if simulator is None:
        raise ConfigError(f"demo: profile '{profile}' has no simulator; demo and gazebo have one")
    return SPEED if simulator.kind == "mujoco" else 1.0


class _Teller(DemoListener):
    """Writes the live timeline to standard error."""

    def __init__(self) -> None:
        self._timeline: Timeline | None = None

    def close(self) -> None:
        """End the timeline that is being drawn."""
        if self._timeline is not None:
            self._timeline.__exit__(None, None, None)
            self._timeline = None

    def announced(self, line: str) -> None:
        errors.print(escape(line), style="dim")

    def said(self, text: str) -> None:
        self.close()
        errors.print(f"\n[bold cyan]“{escape(text)}”[/]")
        self._timeline = Timeline(errors).__enter__()

    def progressed(self, feedback: dict[str, Any]) -> None:
        if self._timeline is not None:
            self._timeline.show(feedback["stage"], feedback["calls"])

    def ended(self, result: dict[str, Any]) -> None:
        self.progressed({"stage": "ended", "calls": result["calls"]})
        self.close()
        style = "green" if result["succeeded"] else "red"
        errors.print(f"  [{style}]{result['status']}[/] {escape(result['summary'])}")

    def noted(self, note: str) -> None:
        self.close()
        errors.print(f"\n[bold magenta]── {escape(note)}[/]")

    def jumped(self, moment: datetime) -> None:
        self.close()
        errors.print(f"\n[bold]{moment:%A %H:%M}[/] [dim]at home[/]")

    def confirmed(self, words: str) -> None:
        told, _, _yaml = words.partition("\n")
        errors.print(f"  [yellow]understood:[/] {escape(told)} [green]yes[/]")

    def changed(self, key: str, value: Any) -> None:
        if key == "speaker.said_lately":
            errors.print(f"  [blue]the speaker says[/] “{escape(str(value[-1]))}”" if value else "")
            return
        device, _, what = key.rpartition(".")
        errors.print(
            f"  [blue]{escape(device.replace('.', ' '))}[/] {escape(what.replace('_', ' '))}: {escape(str(value))}"
        )

    def judged(self, verdict: GoalVerdict) -> None:
        mark = "[green]✓[/]" if verdict.holds else "[red]✗[/]"
        errors.print(f"  {mark} {escape(verdict.what)}  [dim]{escape(verdict.evidence)}[/]")


def _show(report: DemoReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_plain())
        return
    style, word = ("green", "succeeded") if report.succeeded else ("red", "failed")
    held = sum(report.goals)
    errors.print(
        f"\n[bold {style}]demo {word}[/]: {held} of {len(report.goals)} goals hold in the world, "
        f"{report.run_s:.0f} s (seed {report.seed}, {report.speed:g} times real time)"
    )
    errors.print(f"top view: {escape(report.picture)}")
    if report.film:
        errors.print(f"film: {escape(report.film)}")

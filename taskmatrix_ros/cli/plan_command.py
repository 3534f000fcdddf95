"""``taskmatrix plan``: outline, code and calls, without acting and without any server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.home.home_planning import HomePlan, HomePlanning, PlanStatus
from taskmatrix_ros.app.profile.robot_maps import map_of_profile
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.app.rules.told_rules import told_rules
from taskmatrix_ros.app.system import System
from taskmatrix_ros.cli.do_command import InstructionArgument, read_instruction
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError, exit_status_of_run
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json, print_source
from taskmatrix_ros.cli.plan_batch import plan_batch
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.run import Episode, Rehearsed
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

HomeOption = Annotated[Path | None, typer.Option("--home", help="Plan against this snapshot of a home: a JSON file.")]
BatchOption = Annotated[Path | None, typer.Option("--batch", help='With --home: lines of {"id", "text", "area"}.')]
OutOption = Annotated[Path | None, typer.Option("--out", help="Where the plans of --batch go, a JSON object a line.")]


@command
def plan(
    instruction: InstructionArgument = "",
    *,
    profile: ProfileOption = "demo",
    home: HomeOption = None,
    area: Annotated[str, typer.Option("--area", help="With --home: the area you are in.")] = "",
    batch: BatchOption = None,
    out: OutOption = None,
    outline_only: Annotated[bool, typer.Option("--outline-only", help="Draft the outline only.")] = False,
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show what an instruction would do: outline, verified code, calls and the change they would make."""
    if home is not None or batch is not None or out is not None:
        return _plan_home(instruction, home, area, batch, out, as_json=as_json)
    text = read_instruction(instruction)
    settings = load_settings(profile)
    mode = Mode.OUTLINE_ONLY if outline_only else Mode.DRY_RUN
    asked = Instruction(text=text, channel=Channel.CLI, mode=mode)

    async def program() -> Episode:
        system = System(
            settings.manifest_files,
            store_file=None,
            policy=settings.policy,
            models=settings.models,
            place=settings.home,
            robot_map=map_of_profile(settings),
        )
        await system.open()
        try:
            return await system.session.submit(asked)
        finally:
            await system.close()

    episode = run_until_signal(program())
    if episode is None:
        return ExitStatus.FAILED
    if as_json:
        print_json(plan_to_plain(episode, settings.home.time_zone))
    else:
        _show(episode, settings.home.time_zone)
    return exit_status_of_run(episode.status)


def _plan_home(
    instruction: str, home: Path | None, area: str, batch: Path | None, out: Path | None, *, as_json: bool
) -> ExitStatus:
    """Plan one instruction or a batch against a snapshot."""
    if home is None:
        raise UsageError("--batch needs a home to plan against; add --home home.json")
    if (batch is None) != (out is None):
        raise UsageError("--batch and --out go together; name both files")
    if batch is not None and instruction:
        raise UsageError("give an instruction or --batch, not both")
    text = "" if batch is not None else read_instruction(instruction)
    planning = HomePlanning(HomeSnapshot.load(home))

    async def program() -> HomePlan | int:
        await planning.open()
        try:
            if batch is not None and out is not None:
                return await plan_batch(planning, batch, out, lambda line: errors.print(escape(line), style="dim"))
            return await planning.plan(text, area=area)
        finally:
            await planning.close()

    planned = run_until_signal(program())
    if planned is None:
        return ExitStatus.FAILED
    if isinstance(planned, int):
        errors.print(f"{planned} lines planned", style="dim")
        if as_json:
            print_json({"lines": planned, "out": str(out)})
        return ExitStatus.DONE
    if as_json:
        print_json(planned.to_plain())
    else:
        _show_home_plan(planned)
    refused = planned.status in (PlanStatus.REFUSED, PlanStatus.AMBIGUOUS)
    return ExitStatus.REFUSED if refused else ExitStatus.DONE


def _show_home_plan(plan: HomePlan) -> None:
    if plan.status is PlanStatus.REFUSED:
        errors.print(f"[red]refused[/] {escape(plan.answer)}")
    elif plan.question:
        errors.print(f"[yellow]which?[/] {escape(plan.question)}")
    elif plan.answer:
        console.print(escape(plan.answer))
    if plan.code:
        print_source(plan.code, "python")
    for call in plan.calls:
        console.print(f"  {escape(json.dumps(call, ensure_ascii=False))}")


def plan_to_plain(episode: Episode, zone: str) -> dict[str, Any]:
    """Give a plan as JSON-like values. :param zone: the home's, in which its rules are told."""
    rehearsed = episode.rehearsed
    return {
        "status": "planned" if episode.status.value == "dry_run" else episode.status.value,
        "summary": episode.summary,
        "error_code": episode.error_code,
        "nearest": list(episode.nearest),
        "outline": episode.outline.model_dump(mode="json") if episode.outline else None,
        "code": episode.code.source if episode.code else "",
        "planner": episode.code.planner if episode.code else "",
        "calls": [{"api": call.api, "arguments": call.arguments} for call in rehearsed.calls] if rehearsed else [],
        "rules": told_rules(rehearsed.calls, zone) if rehearsed else [],
        "predicted": rehearsed.model_dump(mode="json", exclude={"calls"}) if rehearsed else {},
    }


def _show(episode: Episode, zone: str) -> None:
    if not episode.outline:
        errors.print(f"[red]{episode.status.value}[/] {escape(episode.summary)}")
        for near in episode.nearest:
            errors.print(f"  it can: {escape(near)}")
        return
    for step in episode.outline.steps:
        console.print(f"[bold]{step.id}.[/] {escape(step.text)}  [dim]{step.effect.value}[/]")
    if episode.code:
        print_source(episode.code.source, "python")
    if episode.rehearsed:
        for told in told_rules(episode.rehearsed.calls, zone):
            console.print(f"\n[bold]{escape(told['words'])}[/]\n{escape(told['yaml'])}", highlight=False)
        for key, (before, after) in episode.rehearsed.diff.items():
            console.print(f"  {escape(key)}: {escape(json.dumps(before))} → {escape(json.dumps(after))}")
        for line in (*episode.rehearsed.risks, *episode.rehearsed.unknown):
            console.print(f"  [dim]{escape(line)}[/]")
        _show_alternatives(episode.rehearsed)
    if episode.status.value != "dry_run":
        errors.print(f"[red]{episode.status.value}[/] {escape(episode.summary)}")


def _show_alternatives(rehearsed: Rehearsed) -> None:
    for way in rehearsed.alternatives:
        console.print(f"  if {escape(', and '.join(way.assumed))}:")
        for call in way.calls:
            console.print(f"    {escape(str(call))}")
        if way.ends_with:
            console.print(f"    [dim]ends: {escape(way.ends_with)}[/]")
    if rehearsed.bounded:
        console.print(f"  [dim]there are more ways than the {rehearsed.paths} that were tried[/]")

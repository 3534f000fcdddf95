"""``taskmatrix plan``: outline, code and calls, without acting and without any server."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.syntax import Syntax

from taskmatrix_ros.app.settings import load_settings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.cli.do_command import InstructionArgument, read_instruction
from taskmatrix_ros.cli.exit_status import ExitStatus, exit_status_of_run
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.instruction import Channel, Instruction, Mode
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.run import Episode, Rehearsed


@command
def plan(
    instruction: InstructionArgument,
    *,
    profile: ProfileOption = "demo",
    outline_only: Annotated[bool, typer.Option("--outline-only", help="Draft the outline only.")] = False,
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show what an instruction would do: outline, verified code, calls and the change they would make."""
    text = read_instruction(instruction)
    settings = load_settings(profile)
    mode = Mode.OUTLINE_ONLY if outline_only else Mode.DRY_RUN
    asked = Instruction(text=text, channel=Channel.CLI, mode=mode)

    async def program() -> Episode:
        system = System(settings.manifest_files, store_file=None, policy=settings.policy, models=settings.models)
        await system.open()
        try:
            return await system.session.submit(asked)
        finally:
            await system.close()

    episode = run_until_signal(program())
    if episode is None:
        return ExitStatus.FAILED
    if as_json:
        print_json(plan_to_plain(episode))
    else:
        _show(episode)
    return exit_status_of_run(episode.status)


def plan_to_plain(episode: Episode) -> dict[str, Any]:
    """Give a plan as JSON-like values."""
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
        "predicted": rehearsed.model_dump(mode="json", exclude={"calls"}) if rehearsed else {},
    }


def _show(episode: Episode) -> None:
    if not episode.outline:
        errors.print(f"[red]{episode.status.value}[/] {escape(episode.summary)}")
        for near in episode.nearest:
            errors.print(f"  it can: {escape(near)}")
        return
    for step in episode.outline.steps:
        console.print(f"[bold]{step.id}.[/] {escape(step.text)}  [dim]{step.effect.value}[/]")
    if episode.code:
        console.print(Syntax(episode.code.source, "python", background_color="default"))
    if episode.rehearsed:
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

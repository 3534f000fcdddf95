"""``taskmatrix do``: an instruction to the running node, with live progress."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmatrix_ros.cli.asker import Asker
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError, exit_status_of_run
from taskmatrix_ros.cli.home_link import any_client
from taskmatrix_ros.cli.image_files import load_pictures
from taskmatrix_ros.cli.output import JsonOption, command, errors, escape, print_json
from taskmatrix_ros.cli.timeline import Timeline
from taskmatrix_ros.core.instruction import MAX_TEXT, Mode
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.run import RunStatus

OutlineOption = Annotated[str, typer.Option("--outline", help="Run this outline or template; no instruction then.")]
ParameterOption = Annotated[
    list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="A parameter of the template; once for each.")
]
InstructionArgument = Annotated[str, typer.Argument(metavar="INSTRUCTION", help="What to do; - reads standard input.")]
NamespaceOption = Annotated[str, typer.Option(help="ROS namespace of the node.")]


def read_instruction(text: str) -> str:
    """Take the argument or standard input.

    :raises UsageError: it is empty or longer than ``MAX_TEXT``.
    """
    if text == "-":
        text = sys.stdin.read(4 * MAX_TEXT)
        rest = sys.stdin.read() if len(text) == 4 * MAX_TEXT else ""
        text += rest
    text = text.strip()
    if not text:
        raise UsageError('the instruction is empty; say what to do, as in "turn on the kitchen light"')
    if len(text) > MAX_TEXT:
        raise UsageError(
            f"the instruction has {len(text):,} characters; at most {MAX_TEXT:,} are allowed; say it shorter"
        )
    return text


@command
def do(
    instruction: InstructionArgument = "",
    *,
    outline: OutlineOption = "",
    parameters: ParameterOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan and rehearse only; nothing moves.")] = False,
    outline_only: Annotated[bool, typer.Option("--outline-only", help="Draft the outline only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve what is asked for, but nothing hazardous.")] = False,
    image: Annotated[
        list[Path] | None, typer.Option("--image", metavar="FILE", help="A JPEG or PNG to look at; once for each.")
    ] = None,
    conversation: Annotated[str, typer.Option(help="Name of the conversation that this goes on with.")] = "",
    speaker: Annotated[str, typer.Option(help="Who says it: what they prefer is known.")] = "",
    area: Annotated[str, typer.Option(help="The room it is said in.")] = "",
    request_id: Annotated[str, typer.Option(help="Your id of the request; a repeat returns the same run.")] = "",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Have the running node carry out an instruction; Ctrl-C cancels it."""
    mode = Mode.DRY_RUN if dry_run else Mode.OUTLINE_ONLY if outline_only else Mode.RUN
    if outline and instruction:
        raise UsageError("an outline and an instruction are both given; keep one")
    text = "" if outline else read_instruction(instruction)
    more: dict[str, Any] = {"request_id": request_id, "outline_id": outline, "parameters": _values(parameters or ())}
    more |= {"conversation_id": conversation, "speaker": speaker, "area": area}
    more["images"] = load_pictures(image or ())
    plain = run_until_signal(_execute(text, mode, namespace, more, yes=yes))
    assert plain is not None
    _show(plain, as_json=as_json)
    return exit_status_of_run(RunStatus(plain["status"]))


def _values(given: Sequence[str]) -> dict[str, str]:
    """Read ``NAME=VALUE``.

    :raises UsageError: one is something else.
    """
    for each in given:
        if not each.partition("=")[1]:
            raise UsageError(f"--with {each!r} is not of the form NAME=VALUE, as in room=kitchen")
    return {name: value for name, _, value in (each.partition("=") for each in given)}


async def _execute(text: str, mode: Mode, namespace: str, more: dict[str, Any], *, yes: bool) -> dict[str, Any]:
    """Send the goal; Ctrl-C cancels it and waits for its result, so that nothing is left moving."""
    async with any_client(namespace) as client:
        with Timeline(errors) as timeline:
            asker = Asker(client, timeline, yes=yes)

            def on_feedback(plain: dict[str, Any]) -> None:
                timeline.show(plain["stage"], plain["calls"])
                asker.show(plain["approvals"], plain["questions"])

            pending = asyncio.ensure_future(client.execute(text, on_feedback, mode=mode, **more))
            result: dict[str, Any]
            try:
                result = await asyncio.shield(pending)
            except asyncio.CancelledError:
                client.cancel()
                result = await pending
            finally:
                await asker.close()
            timeline.show("ended", result["calls"])
        return result


def _show(plain: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(plain)
        return
    status = plain["status"]
    style = "green" if plain["succeeded"] else "red"
    errors.print(f"[{style}]{status}[/] {escape(plain['summary'])}")
    for near in plain["predicted"].get("nearest", []):
        errors.print(f"  it can: {escape(near)}")
    if status == "dry_run":
        errors.print(f"  outline {plain['outline']['outline_id']}")
        for step in plain["outline"]["steps"]:
            errors.print(f"  {step['id']}. {escape(step['text'])}")
        for key, (before, after) in plain["predicted"].get("diff", {}).items():
            errors.print(f"  {escape(key)}: {json.dumps(before)} → {json.dumps(after)}")
        if plain["code"]:
            sys.stdout.write(plain["code"] + "\n")

"""``taskmatrix runs pause``, ``resume`` and ``resolve``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command
from taskmatrix_ros.cli.runs_commands import RunArgument, answer, request, runs


class ResolutionWord(StrEnum):
    """What became of a call, as one types it; in the order of ``ResolveCall.srv``."""

    DONE = "done"
    NOT_DONE = "not-done"
    REPEAT = "repeat"
    ABORT = "abort"


@runs.command("pause")
@command
def pause_run(
    run: RunArgument,
    *,
    now: Annotated[bool, typer.Option("--now", help="Cancel the current call, too.")] = False,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Pause a run after its current call; nothing of it moves until it is resumed."""
    response = request(namespace, "PauseRun", "pause_run", repeatable=False, run_id=run, cancel_call=now)
    return answer(response, as_json, lambda: {"run_id": run, "error_code": response.error_code})


@runs.command("resume")
@command
def resume_run(
    run: RunArgument, *, namespace: NamespaceOption = "/taskmatrix", as_json: JsonOption = False
) -> ExitStatus:
    """Go on with a paused run."""
    response = request(namespace, "ResumeRun", "resume_run", repeatable=False, run_id=run)
    return answer(response, as_json, lambda: {"run_id": run, "error_code": response.error_code})


@runs.command("resolve")
@command
def resolve_call(
    run: RunArgument,
    call: Annotated[str, typer.Argument(metavar="CALL", help="Id of the call in doubt, as runs show gives it.")],
    resolution: Annotated[ResolutionWord, typer.Argument(help="What became of it, or what to do.")],
    *,
    comment: Annotated[str, typer.Option(help="How you know, for the record.")] = "",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Say what became of a call of which nobody knows whether it was done."""
    number = list(ResolutionWord).index(resolution)
    fields = {"run_id": run, "call_id": call, "resolution": number, "comment": comment}
    response = request(namespace, "ResolveCall", "resolve_call", repeatable=False, **fields)
    return answer(response, as_json, lambda: {"run_id": run, "call_id": call, "error_code": response.error_code})

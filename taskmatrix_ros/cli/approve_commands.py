"""``taskmatrix approve`` and ``answer``: a person's word on what a run waits for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.home_link import any_client
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.pending_text import approval_lines, question_lines
from taskmatrix_ros.cli.plain_messages import plain_approval, plain_question, plain_run
from taskmatrix_ros.cli.runs_commands import answer as show_answer
from taskmatrix_ros.cli.runs_commands import request
from taskmatrix_ros.core.main_loop import run_until_signal


@command
def approve(
    approval: Annotated[
        str, typer.Argument(metavar="[ID]", help="What to approve; shows what waits if left out.")
    ] = "",
    *,
    deny: Annotated[bool, typer.Option("--deny", help="Say no.")] = False,
    comment: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Say yes, or no, to what a run wants to do; without ID, show what waits."""
    if not approval:
        if deny or comment:
            raise UsageError("what is denied or commented needs its ID; `taskmatrix approve` shows what waits")
        return _show_pending(namespace, "approvals", as_json=as_json)
    fields = {"approval_id": approval, "approved": not deny, "comment": comment}
    response = request(namespace, "Approve", "approve", **fields)
    return show_answer(response, as_json, lambda: {"approval_id": approval, "error_code": response.error_code})


@command
def answer(
    question: Annotated[str, typer.Argument(metavar="[ID]", help="What to answer; shows what waits if left out.")] = "",
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="The answer.")] = "",
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Answer a run's question; without ID, show what waits."""
    if not question:
        return _show_pending(namespace, "questions", as_json=as_json)
    if not text.strip():
        raise UsageError('the answer is empty; say it, as in taskmatrix answer ID "the blue one"')
    response = request(namespace, "Answer", "answer", question_id=question, answer=text)
    return show_answer(response, as_json, lambda: {"question_id": question, "error_code": response.error_code})


async def pending(namespace: str) -> dict[str, list[dict[str, Any]]]:
    """Give what all active runs wait for: ``approvals`` and ``questions`` as plain values."""
    async with any_client(namespace) as client:
        listed = await client.request("taskmatrix_interfaces/srv/ListRuns", "list_runs", active_only=True)
        found: dict[str, list[dict[str, Any]]] = {"approvals": [], "questions": []}
        for run in reversed(listed.runs):
            shown = await client.request("taskmatrix_interfaces/srv/GetRun", "get_run", run_id=plain_run(run)["run_id"])
            found["approvals"] += map(plain_approval, shown.approvals)
            found["questions"] += map(plain_question, shown.questions)
        return found


def _show_pending(namespace: str, kind: str, *, as_json: bool) -> ExitStatus:
    found = run_until_signal(pending(namespace))
    if found is None:
        return ExitStatus.FAILED
    if as_json:
        print_json({"succeeded": True, kind: found[kind]})
        return ExitStatus.DONE
    for entry in found[kind]:
        lines, identifier = (
            (approval_lines(entry), entry["approval_id"])
            if kind == "approvals"
            else (question_lines(entry), entry["question_id"])
        )
        console.print(f"{escape(identifier)}  [dim]run {escape(entry['run_id'])}[/]")
        for line in lines:
            console.print(f"    {line}")
    if not found[kind]:
        errors.print("nothing waits for you")
    return ExitStatus.DONE

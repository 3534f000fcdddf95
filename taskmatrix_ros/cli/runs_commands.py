"""``taskmatrix runs …``, ``stop`` and ``rearm``: what the node's services offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.home_link import any_client
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.plain_messages import plain_outline, plain_run
from taskmatrix_ros.cli.timeline import call_text
from taskmatrix_ros.core.main_loop import run_until_signal

runs = typer.Typer(help="Look at runs, pause and cancel them.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, as runs list shows it.")]


def request(namespace: str, kind: str, name: str, /, **fields: Any) -> Any:
    """Call a service of the node. :param kind: the type's name in taskmatrix_interfaces/srv."""

    async def program() -> Any:
        async with any_client(namespace) as client:
            return await client.request(f"taskmatrix_interfaces/srv/{kind}", name, **fields)

    return run_until_signal(program())


def answer(response: Any, as_json: bool, plain: Callable[[], dict[str, Any]]) -> ExitStatus:
    """Print a service's answer. :returns: refused where the service says it was not done."""
    if as_json:
        print_json({"succeeded": response.success, "message": response.message, **plain()})
    elif response.message:
        errors.print(("" if response.success else "[red]error[/] ") + escape(response.message))
    return ExitStatus.DONE if response.success else ExitStatus.REFUSED


@runs.command("list")
@command
def list_runs(
    *,
    active: Annotated[bool, typer.Option("--active", help="Only those that have not ended.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show runs, newest first."""
    response = request(namespace, "ListRuns", "list_runs", active_only=active, limit=limit)
    found = [plain_run(run) for run in response.runs]
    if not as_json:
        for run in found:
            console.print(f"{run['run_id']}  {run['created_at']}  {run['status']:<12}", escape(run["instruction"]))
    return answer(response, as_json, lambda: {"runs": found})


@runs.command("show")
@command
def show_run(
    run: RunArgument, *, namespace: NamespaceOption = "/taskmatrix", as_json: JsonOption = False
) -> ExitStatus:
    """Show one run with its code and calls."""
    response = request(namespace, "GetRun", "get_run", run_id=run)
    found = plain_run(response.run)
    if response.success and not as_json:
        console.print(f"{escape(found['instruction'])}: {found['status']}", escape(found["summary"]))
        console.print(escape(found["code"]))
        for call in found["calls"]:
            console.print(f"  {call['status']:<10} {call['confirmation']:<12}", escape(call_text(call)))
            for line in call["evidence"]:
                console.print(f"      {escape(line)}", style="dim")
    return answer(response, as_json, lambda: {"run": found, "outline": plain_outline(response.outline)})


@runs.command("cancel")
@command
def cancel_run(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="Id of the run; every run if left out.")] = "",
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Cancel a run, or every run; returns when what they were doing has stopped."""
    response = request(namespace, "CancelRun", "cancel_run", run_id=run)
    cancelled = list(response.run_ids)
    if response.success and not as_json:
        errors.print(f"cancelled {len(cancelled)}: {', '.join(cancelled)}" if cancelled else "nothing was running")
    return answer(response, as_json, lambda: {"run_ids": cancelled})


@command
def stop(
    reason: Annotated[str, typer.Argument(help="Why, for the record.")] = "",
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Stop everything that moves, now; nothing moves again until rearm, also not after a restart."""
    response = request(namespace, "Stop", "stop", reason=reason)
    facts = {"told": list(response.told), "not_told": list(response.not_told), "latency_s": response.latency_s}
    return answer(response, as_json, lambda: facts)


@command
def rearm(
    comment: Annotated[str, typer.Argument(help="Why it is safe again, for the record.")] = "",
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Lift the stop latch."""
    response = request(namespace, "Rearm", "rearm", comment=comment)
    return answer(response, as_json, dict)

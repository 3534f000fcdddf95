"""``taskmatrix outline …``: change an outline in words, and keep it as a template."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from taskmatrix_ros.app.runs.outline_desk import Operation
from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, escape
from taskmatrix_ros.cli.runs_commands import answer, request

outline = typer.Typer(
    help="Change an outline; `do --outline-only` drafts one and `do --outline ID` runs it.", no_args_is_help=True
)

OutlineArgument = Annotated[str, typer.Argument(metavar="OUTLINE", help="Id of the outline, or name of a template.")]
StepArgument = Annotated[str, typer.Argument(metavar="STEP", help="Id of the step.")]
TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="The step in plain words.")]
BeforeOption = Annotated[str, typer.Option("--before", help="Id of the step to stand before; at the end if left out.")]


@outline.command("insert")
@command
def insert(
    which: OutlineArgument,
    text: TextArgument,
    *,
    before: BeforeOption = "",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Add a step."""
    return _edit(namespace, as_json, Operation.INSERT, outline_id=which, step_id=before, text=text)


@outline.command("reword")
@command
def reword(
    which: OutlineArgument,
    step: StepArgument,
    text: TextArgument,
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Put a step in other words."""
    return _edit(namespace, as_json, Operation.REPLACE, outline_id=which, step_id=step, text=text)


@outline.command("delete")
@command
def delete(
    which: OutlineArgument,
    step: StepArgument,
    *,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Leave a step out."""
    return _edit(namespace, as_json, Operation.DELETE, outline_id=which, step_id=step)


@outline.command("move")
@command
def move(
    which: OutlineArgument,
    step: StepArgument,
    *,
    before: BeforeOption = "",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Put a step elsewhere."""
    return _edit(namespace, as_json, Operation.MOVE, outline_id=which, step_id=step, before=before)


@outline.command("save")
@command
def save(
    which: OutlineArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the template; one of this name is replaced.")],
    *,
    parameters: Annotated[
        list[str] | None, typer.Option("--parameter", help="A {name} that stands in the steps; once for each.")
    ] = None,
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Keep an outline as a template."""
    fields: dict[str, Any] = {"outline_id": which, "name": name, "parameters": list(parameters or ())}
    return _edit(namespace, as_json, Operation.SAVE_TEMPLATE, **fields)


def _edit(namespace: str, as_json: bool, operation: Operation, **fields: Any) -> ExitStatus:
    # The order of the operations is the numbers of their constants in the service's type.
    code = list(Operation).index(operation)
    response = request(namespace, "EditOutline", "edit_outline", operation=code, **fields)
    from taskmatrix_ros.ros.task_messages import outline_to_plain

    changed = outline_to_plain(response.outline)
    if response.success and not as_json:
        console.print(f"outline {changed['outline_id']}")
        for step in changed["steps"]:
            console.print(f"  {step['id']}. {escape(step['text'])}")
    return answer(response, as_json, lambda: {"outline": changed})

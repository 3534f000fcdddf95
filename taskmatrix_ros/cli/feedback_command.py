"""``taskmatrix feedback RUN good/bad``, and ``apis examples``: what documents learn from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.platform.import_text import FORGET_LINE
from taskmatrix_ros.cli.apis_commands import apis
from taskmatrix_ros.cli.apis_edit_commands import NameArgument, at_node_or_here, show
from taskmatrix_ros.cli.do_command import NamespaceOption
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, escape, print_json
from taskmatrix_ros.cli.registry_access import NodeOwns, looking, owning
from taskmatrix_ros.cli.runs_commands import RunArgument, answer, request
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.learning.feedback_desk import FeedbackDesk
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.store.feedback_store import FeedbackStore
from taskmatrix_ros.store.journal import SqliteJournal


@command
def feedback(
    run: RunArgument,
    verdict: Annotated[Verdict, typer.Argument(help="Whether it did what was wanted.")],
    *,
    comment: Annotated[str, typer.Option(help="In your own words.")] = "",
    speaker: Annotated[str, typer.Option(help="Who says so.")] = "",
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Say how a run was: good ones that the world confirmed teach how things are asked for."""
    given = Feedback(run_id=run, verdict=verdict, comment=comment, speaker=speaker)
    try:
        with owning(profile) as (registry, database):
            desk = FeedbackDesk(SqliteJournal(database), registry, FeedbackStore(database), registry)
            names = desk.give(given)
    except NodeOwns:
        fields = {"run_id": run, "verdict": int(verdict is Verdict.GOOD), "comment": comment, "speaker": speaker}
        response = request(namespace, "GiveFeedback", "give_feedback", **fields)
        return answer(response, as_json, lambda: {"feedback_id": response.feedback_id})
    message = f"kept; {', '.join(names)} {'learned' if verdict is Verdict.GOOD else 'forgot'} it" if names else "kept"
    return show({"feedback_id": given.feedback_id, "names": list(names), "message": message}, as_json)


@apis.command("examples")
@command
def examples(
    name: NameArgument,
    *,
    forget: Annotated[str, typer.Option(metavar="TEXT", help="Forget this example; * for all.")] = "",
    profile: ProfileOption = "demo",
    namespace: NamespaceOption = "/taskmatrix",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show the instructions that a document has learned from; or forget one."""
    if forget:

        def here(editor: Editor) -> dict[str, Any]:
            count = editor.forget_examples(name, "" if forget == "*" else forget)
            return {"message": f"forgot {count}"}

        def at_node(ask: Callable[..., Any]) -> Any:
            return ask("UpdateApi", "update_api", name=name, yaml=f"{FORGET_LINE}{forget}", enabled=True)

        return show(at_node_or_here(profile, namespace, here, at_node), as_json)
    with looking(profile) as registry:
        Editor(registry).entry(name)
        found = registry.examples(name)
    if as_json:
        print_json({"examples": [{"text": text, "run_id": run_id} for text, run_id in found]})
    for text, run_id in found if not as_json else ():
        console.print(f"{run_id}  {escape(text)}")
    return ExitStatus.DONE

"""``taskmatrix runs replay``: does a recorded run still go the way it went? Needs no node."""

from __future__ import annotations

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, errors, escape, print_json
from taskmatrix_ros.cli.runs_commands import RunArgument, runs
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.executor.running.replay import Replay, ReplayReport
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.store.stored_run import read_run


@runs.command("replay")
@command
def replay(run: RunArgument, *, profile: ProfileOption = "demo", as_json: JsonOption = False) -> ExitStatus:
    """Run a recorded run's code against its log; nothing is sent, and the first difference is told."""
    episode = read_run(load_settings(profile).store_file, run)

    async def program() -> ReplayReport:
        interpreter = Interpreter()
        await interpreter.open()
        try:
            return await Replay(interpreter).replay(episode)
        finally:
            await interpreter.close()

    report = run_until_signal(program())
    if report is None:
        return ExitStatus.FAILED
    if as_json:
        print_json({"succeeded": not report.difference, **report.model_dump(mode="json")})
    elif report.difference:
        errors.print(f"[red]differs[/] after {report.calls} calls: {escape(report.difference)}")
    else:
        errors.print(f"the code goes the way it went: {report.calls} calls answered from the log, nothing sent")
    return ExitStatus.FAILED if report.difference else ExitStatus.DONE

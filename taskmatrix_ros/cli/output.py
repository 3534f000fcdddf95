"""One JSON document on standard output, everything else on standard error."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console
from rich.syntax import Syntax

from taskmatrix_ros.cli.exit_status import ExitStatus, exit_status_of_error
from taskmatrix_ros.core.errors import MOST_SHOWN, ManifestError, TaskMatrixError

P = ParamSpec("P")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

_PIPED_COLUMNS = 1_000_000
"""What is no terminal is read by a program, or by a person later: nothing is wrapped or cut there."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_COLUMNS)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print the command's one document."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def print_json_of_many(name: str, items: Iterable[Any]) -> None:
    """Print the document of a command that succeeded with many items: one a line, in a fraction of the time."""
    lines = ",\n".join(f"    {json.dumps(item, ensure_ascii=False, default=str)}" for item in items)
    sys.stdout.write(f'{{\n  "succeeded": true,\n  "{name}": [\n{lines}\n  ]\n}}\n')
    sys.stdout.flush()


def print_source(text: str, language: str) -> None:
    """Print code or YAML, in a terminal with its syntax in colors; elsewhere as it is."""
    if sys.stdout.isatty():
        console.print(Syntax(text, language, background_color="default", word_wrap=True))
    else:
        print_lines((text.rstrip("\n"),))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they are, however long and however many; nothing is wrapped or measured."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def command(function: Callable[P, ExitStatus]) -> Callable[P, None]:
    """Make a function a command: its return value is the exit status, an error of ours is one clear line.

    With ``--json`` the error is the document.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = function(*args, **kwargs)
        except TaskMatrixError as error:
            status = exit_status_of_error(error)
            report_error(error, as_json=bool(kwargs.get("as_json")))
        raise typer.Exit(int(status))

    return run


def report_error(error: TaskMatrixError, *, as_json: bool) -> None:
    """Print an error: a line for each finding of a manifest, one line for everything else."""
    if as_json:
        print_json({"succeeded": False, "error": {"code": error.error_code, "message": error.message}})
        return
    if isinstance(error, ManifestError):
        for diagnostic in error.diagnostics[:MOST_SHOWN]:
            errors.print(f"[red]error[/] {escape(str(diagnostic))}")
        if (more := len(error.diagnostics) - MOST_SHOWN) > 0:
            errors.print(f"[red]error[/] and {more} more")
        return
    errors.print(f"[red]error[/] {escape(error.message)}")


def escape(text: str) -> str:
    """Keep rich from reading markup in other people's words."""
    return text.replace("[", r"\[")

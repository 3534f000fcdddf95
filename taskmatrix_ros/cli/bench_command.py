"""``taskmatrix bench``: figures of this machine, as ratios to a bare baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from taskmatrix_ros.bench.benches import BENCHES, load_bench
from taskmatrix_ros.bench.figure import report
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.core.main_loop import run_until_signal

_HELP = "Which: " + "; ".join(f"{name} ({what})" for name, what in BENCHES.items())


@command
def bench(
    name: Annotated[str, typer.Argument(help=_HELP)],
    *,
    data: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of data sets.")] = None,
    apis: Annotated[int | None, typer.Option(min=1, help="Size of the generated catalogue.")] = None,
    tasks: Annotated[int | None, typer.Option(min=1, help="How many tasks to do.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn by chance.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for failures and other findings.")] = None,
    as_json: JsonOption = False,
) -> ExitStatus:
    """Measure this machine: medians, and ratios to doing the same thing bare in the same run."""
    measure = load_bench(name)
    options = BenchOptions(data=data, apis=apis, tasks=tasks, seed=seed, out=out)
    figures = run_until_signal(measure(lambda line: errors.print(escape(line), style="dim"), options))
    if figures is None:
        return ExitStatus.FAILED
    if as_json:
        print_json(report(name, figures))
        return ExitStatus.DONE
    table = Table("figure", "value", "unit", "baseline", "ratio", "note", box=None)
    for figure in figures:
        bare = "" if figure.baseline is None else f"{figure.baseline:g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.name, f"{figure.value:g}", figure.unit, bare, ratio, escape(figure.note))
    console.print(table)
    return ExitStatus.DONE

"""``taskmatrix apis list, show, search, check``: the documents of a profile, or of files that are not in one yet."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus, UsageError
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json, print_source
from taskmatrix_ros.cli.registry_access import looking
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ManifestError, RequestError
from taskmatrix_ros.registry.document_text import to_yaml
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.grading import Grade, grade
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.api_selector import ApiSelector
from taskmatrix_ros.store.api_store import ApiEntry
from taskmatrix_ros.store.missing_apis import read_missing_apis

apis = typer.Typer(help="Look at API documents, check and change them.", no_args_is_help=True)


@apis.command("list")
@command
def list_apis(
    *,
    package: Annotated[str, typer.Option(help="Only those of one package.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Those that may not be used as well.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for approval.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000)] = 10_000,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show documents by their signatures."""
    with looking(profile) as registry:
        entries = registry.store.entries(package=package, limit=limit, active=not every and not waiting)
        entries = [entry for entry in entries if not waiting or not entry.is_approved]
        editor = Editor(registry)
        found = [(entry, editor.entry(entry.name)[1]) for entry in entries]
    if as_json:
        print_json({"apis": [_summary(document) | _known(entry) for entry, document in found]})
        return ExitStatus.DONE
    for entry, document in found:
        console.print(f"[bold]{escape(document.signature)}[/]  [dim]{document.effect.value}[/]{_state(entry)}")
        console.print(f"    {escape(document.description)}")
    return ExitStatus.DONE


@apis.command("missing")
@command
def missing_apis(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show what people asked for that no document does, the most wanted first. A node may be running."""
    reports = read_missing_apis(load_settings(profile).store_file, limit)
    if as_json:
        plain = [
            {
                "wanted": report.wanted,
                "times": report.times,
                "first_at": report.first_at.isoformat(),
                "last_at": report.last_at.isoformat(),
                "run_id": report.run_id,
            }
            for report in reports
        ]
        print_json({"missing": plain})
        return ExitStatus.DONE
    for report in reports:
        console.print(f"{report.times:4d}  {escape(report.wanted)}  [dim]last {report.last_at:%Y-%m-%d}[/]")
    if not reports:
        console.print("nothing was asked for that no document does")
    return ExitStatus.DONE


@apis.command("show")
@command
def show_api(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the API.")],
    *,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show one document, whole, as `apis update` takes it."""
    with looking(profile) as registry:
        try:
            entry, document = Editor(registry).entry(name)
        except RequestError as error:
            raise UsageError(error.message) from error
    if as_json:
        plain = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        print_json(plain | _known(entry))
        return ExitStatus.DONE
    print_source(to_yaml(document), "yaml")
    state = "in use" if entry.active else "not in use"
    place = f"package {document.package} {document.version}, version {entry.version}"
    errors.print(escape(f"{place}, {state}{_state(entry)}"))
    return ExitStatus.DONE


@apis.command("search")
@command
def search_apis(
    query: Annotated[str, typer.Argument(metavar="TEXT", help="What you want to do.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 5,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Find the documents that fit a text, best first."""
    with looking(profile) as registry:
        selector = ApiSelector(registry)
        hits = selector.search(query, limit)
        selector.close()
    if as_json:
        print_json({"apis": [_summary(hit.document) | {"score": hit.score} for hit in hits]})
    else:
        for hit in hits:
            console.print(f"{hit.score:5.2f}  [bold]{escape(hit.document.signature)}[/]")
            console.print(f"       {escape(hit.document.description)}")
    if not hits:
        errors.print(f"no document fits {escape(query)!r}; `taskmatrix apis list` shows what there is")
    return ExitStatus.DONE if hits else ExitStatus.FAILED


@apis.command("check")
@command
def check_apis(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]…", help="Manifests; those of the profile if left out.")
    ] = None,
    *,
    grades: Annotated[bool, typer.Option("--grades", help="Grade each document, with what it lacks.")] = False,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Check manifests: every finding with file, line and remedy; and how good each document is."""
    registry = Registry()
    try:
        registry.load(paths or load_settings(profile).manifest_files)
        findings, status = registry.warnings, ExitStatus.DONE
    except ManifestError as error:
        findings, status = error.diagnostics, ExitStatus.FAILED
    documents = registry.documents()
    graded = grade(documents)
    registry.close()
    if as_json:
        print_json(
            {
                "succeeded": status is ExitStatus.DONE,
                "documents": len(documents),
                "findings": [finding.model_dump(mode="json") for finding in findings],
                "grades": [_plain_grade(one) for one in graded],
            }
        )
        return status
    for finding in findings:
        style = "red" if finding.severity.value == "error" else "yellow"
        errors.print(f"[{style}]{finding.severity.value}[/] {escape(str(finding))}")
    if grades:
        for one in graded:
            console.print(f"[bold]{one.letter}[/] {one.score:4.2f}  {escape(one.name)}")
            for remark in one.remarks:
                console.print(f"         -{remark.cost:4.2f}  {escape(str(remark))}")
    if status is ExitStatus.DONE:
        errors.print(f"{len(documents)} documents are right{_spread(graded)}")
    return status


def _spread(graded: tuple[Grade, ...]) -> str:
    letters = [one.letter for one in graded]
    counted = ", ".join(f"{letters.count(letter)} {letter}" for letter in "ABCDE" if letter in letters)
    return f"; grades: {counted} (`--grades` shows why)" if counted else ""


def _plain_grade(one: Grade) -> dict[str, Any]:
    return {
        "name": one.name,
        "grade": one.letter,
        "score": one.score,
        "remarks": [asdict(remark) for remark in one.remarks],
    }


def _summary(document: ApiDocument) -> dict[str, Any]:
    return {
        "name": document.name,
        "package": document.package,
        "version": document.version,
        "signature": document.signature,
        "effect": document.effect.value,
        "description": document.description,
    }


def _known(entry: ApiEntry) -> dict[str, Any]:
    return {
        "revision_of_document": entry.version,
        "enabled": entry.enabled,
        "approved": entry.is_approved,
        "approved_by": entry.approved_by,
        "in_use": entry.active,
        "quality": entry.quality,
        "uses": entry.uses,
        "confirmed": entry.confirmed,
        "failed": entry.failed,
    }


def _state(entry: ApiEntry) -> str:
    if not entry.is_approved:
        return "  waits for approval"
    if not entry.enabled:
        return "  disabled"
    return "" if entry.active else "  its source is away"

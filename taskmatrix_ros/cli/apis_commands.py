"""``taskmatrix apis …``: the documents of a profile, or of files that are not in one yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.syntax import Syntax

from taskmatrix_ros.app.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, errors, escape, print_json
from taskmatrix_ros.cli.up_command import ProfileOption
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError, ManifestError
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.api_selector import ApiSelector

apis = typer.Typer(help="Look at API documents and check them.", no_args_is_help=True)


def load_registry(profile: str) -> Registry:
    """Read the manifests of a profile. :raises ManifestError: one is wrong."""
    registry = Registry()
    registry.load(load_settings(profile).manifest_files)
    return registry


@apis.command("list")
@command
def list_apis(*, profile: ProfileOption = "demo", as_json: JsonOption = False) -> ExitStatus:
    """Show every document by its signature."""
    documents = load_registry(profile).documents()
    if as_json:
        print_json({"apis": [_summary(document) for document in documents]})
    else:
        for document in documents:
            console.print(f"[bold]{escape(document.signature)}[/]  [dim]{document.effect.value}[/]")
            console.print(f"    {escape(document.description)}")
    return ExitStatus.DONE


@apis.command("show")
@command
def show_api(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the API.")],
    *,
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Show one document, whole."""
    registry = load_registry(profile)
    document = registry.get(name)
    if document is None:
        near = ", ".join(registry.nearest(name)) or "nothing"
        raise ConfigError(f"api '{name}' is unknown; nearest: {near}")
    plain = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if as_json:
        print_json(plain)
    else:
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
        console.print(Syntax(text, "yaml", background_color="default"))
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
    registry = load_registry(profile)
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
    profile: ProfileOption = "demo",
    as_json: JsonOption = False,
) -> ExitStatus:
    """Check manifests: every finding with file, line and remedy."""
    registry = Registry()
    try:
        registry.load(paths or load_settings(profile).manifest_files)
        findings = registry.warnings
        status = ExitStatus.DONE
    except ManifestError as error:
        findings = error.diagnostics
        status = ExitStatus.FAILED
    if as_json:
        print_json(
            {
                "succeeded": status is ExitStatus.DONE,
                "documents": len(registry.documents()),
                "findings": [finding.model_dump(mode="json") for finding in findings],
            }
        )
        return status
    for finding in findings:
        style = "red" if finding.severity.value == "error" else "yellow"
        errors.print(f"[{style}]{finding.severity.value}[/] {escape(str(finding))}")
    if status is ExitStatus.DONE:
        errors.print(f"{len(registry.documents())} documents are right")
    return status


def _summary(document: ApiDocument) -> dict[str, str]:
    return {
        "name": document.name,
        "package": document.package,
        "version": document.version,
        "signature": document.signature,
        "effect": document.effect.value,
        "description": document.description,
    }

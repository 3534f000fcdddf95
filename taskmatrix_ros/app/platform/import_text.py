"""What is asked of a running node in the text of a service: an import, and forgetting what was learned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.registry.document_text import package_yaml
from taskmatrix_ros.registry.editor import Editor, Imported
from taskmatrix_ros.registry.manifest_loader import parse_manifest

IMPORT_LINE = "# import: "
"""Begins the text; the source follows: ``openapi``, ``mcp``, ``ros_graph``."""

FORGET_LINE = "# forget: "
"""Begins the text of an update that forgets a learned example, which follows; ``*`` for all of them."""


@dataclass(frozen=True, slots=True)
class ImportTold:
    """What became of an import, also in words."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    findings: tuple[Diagnostic, ...]
    text: str


def write_import(package: ApiPackage, source: str) -> str:
    """Write it."""
    return f"{IMPORT_LINE}{source}\n{package_yaml(package)}"


def import_text(editor: Editor, text: str, *, author: str, dry_run: bool) -> ImportTold:
    """Take it.

    :raises ManifestError: it has mistakes, place by place.
    :raises RequestError: the package is there by another way.
    """
    source = text.partition("\n")[0].removeprefix(IMPORT_LINE).strip() or "import"
    manifest = parse_manifest(text, Path(source))
    told = editor.import_package(manifest.package, source=source, author=author, dry_run=dry_run)
    return ImportTold(told.added, told.changed, told.findings, import_summary(told, dry_run=dry_run))


def import_summary(told: Imported, *, dry_run: bool) -> str:
    """Say what became of an import, its diff at the end."""
    would = "would be " if dry_run else ""
    lines = [
        f"{len(names)} {would}{what}: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}"
        for what, names in (("added", told.added), ("changed", told.changed), ("deleted", told.removed))
        if names
    ]
    if told.kept:
        lines.append(f"kept as their owners edited them: {', '.join(told.kept)}")
    return "\n".join([*(lines or ["nothing is new"]), told.diff]).strip()

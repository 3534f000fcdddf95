"""Reads one manifest file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.manifest_schema import FROM_PACKAGE
from taskmatrix_ros.registry.shape_errors import report_shape
from taskmatrix_ros.registry.yaml_reader import YamlDocument, read_yaml

MAX_BYTES = 1_000_000
"""Of a manifest file; the largest of ours has thirty thousand."""

MAX_FINDINGS = 50
"""Per file: after these a person mends and looks again."""


@dataclass(frozen=True)
class Manifest:
    """A file that has the shape of a package; its documents carry the package's name and version."""

    path: Path
    package: ApiPackage
    document: YamlDocument


def load_manifest(path: Path) -> Manifest:
    """Read a file into a package.

    Values are taken as they are written: the text "5" is no number, ``yes`` is no boolean.

    :raises ManifestError: it cannot be read, is no YAML or has not the shape of a package; every finding of the file,
        with line and remedy.
    """
    return parse_manifest(_read(path), path)


def parse_manifest(text: str, path: Path) -> Manifest:
    """Make a package of a manifest's text. :param path: for messages. :raises ManifestError: as ``load_manifest``."""
    return _manifest_of(read_yaml(text, str(path)), path)


def parse_document(text: str, path: Path, package: str, version: str) -> Manifest:
    """Make a package of one document's text.

    :param path: for messages.
    :param package: which package it belongs to, of which version.
    :raises ManifestError: as ``load_manifest``.
    """
    bare = read_yaml(text, str(path))
    places = {("apis", 0, *place): where for place, where in bare.places.items()}
    value = {"package": package, "version": version, "apis": [bare.value]}
    return _manifest_of(YamlDocument(bare.file, value, places, bare.problems), path)


def _manifest_of(document: YamlDocument, path: Path) -> Manifest:
    findings = Findings(document)
    if not document.problems:
        if document.value is None:
            findings.error((), "empty", "the file is empty", "write package, version and apis, or remove the file")
        elif not isinstance(document.value, dict):
            findings.error((), "type", "the file is no mapping", "begin with package: and version:")
        else:
            _forbid_package_fields(document, findings)
            try:
                package = ApiPackage.model_validate_json(json.dumps(document.value), strict=True)
            except ValidationError as error:
                report_shape(error, document.value, findings)
    problems = [*document.problems, *findings.found]
    if problems:
        raise ManifestError(_limited(problems))
    given = {"package": package.package, "version": package.version}
    return Manifest(
        path=path,
        package=package.model_copy(update={"apis": tuple(api.model_copy(update=given) for api in package.apis)}),
        document=document,
    )


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _unreadable(path, f"{size} bytes is more than {MAX_BYTES}", "split the package into several")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(path, f"byte {error.start + 1} is no UTF-8", "save the file as UTF-8", line) from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}", "make it readable or remove it") from error


def _unreadable(path: Path, problem: str, hint: str, line: int = 1) -> ManifestError:
    return ManifestError([Diagnostic(code="file", message=problem, hint=hint, file=str(path), line=line)])


def _forbid_package_fields(document: YamlDocument, findings: Findings) -> None:
    apis = document.value.get("apis")
    for index, api in enumerate(apis if isinstance(apis, list) else ()):
        for name in FROM_PACKAGE if isinstance(api, dict) else ():
            if name in api:
                findings.error(
                    ("apis", index, name), "unknown-key", f"unknown key {name!r}", "it stands at the top of the file"
                )


def _limited(problems: list[Diagnostic]) -> list[Diagnostic]:
    if len(problems) <= MAX_FINDINGS:
        return problems
    last = problems[MAX_FINDINGS]
    more = last.model_copy(
        update={"message": f"{len(problems) - MAX_FINDINGS} more findings", "hint": "mend those before first"}
    )
    return [*problems[:MAX_FINDINGS], more]

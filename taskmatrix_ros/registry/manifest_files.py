"""Manifest files as they are now; what has not changed since it was read is not read again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.errors import ConfigError, ManifestError
from taskmatrix_ros.registry.manifest_loader import MAX_BYTES, Manifest, load_manifest

_NAMED = re.compile(r"^[ \t]*-[ \t]*\{?[ \t]*name:[ \t]*['\"]?([a-z][a-z0-9_]*)", re.MULTILINE)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file held when it was read: a manifest, or findings that say why it holds none."""

    stamp: tuple[int, int]
    manifest: Manifest | None
    problems: tuple[Diagnostic, ...]


class ManifestFiles:
    """Remembers what it has read."""

    def __init__(self) -> None:
        self._read: dict[Path, ReadFile] = {}

    def read(self, paths: Sequence[Path]) -> dict[Path, ReadFile]:
        """Read files, and the ``*.yaml`` files of folders.

        :raises ConfigError: a path does not exist.
        """
        self._read = {path: self._one(path) for path in manifest_paths(paths)}
        return dict(self._read)

    def stamps(self, paths: Sequence[Path]) -> dict[Path, tuple[int, int]]:
        """Give when each file was changed last, in ns, and its size; what cannot be looked at has zeros."""
        return {path: _stamp(path) for path in manifest_paths(paths, missing_ok=True)}

    def _one(self, path: Path) -> ReadFile:
        stamp = _stamp(path)
        known = self._read.get(path)
        if known is not None and known.stamp == stamp and stamp != (0, 0):
            return known
        try:
            return ReadFile(stamp, load_manifest(path), ())
        except ManifestError as error:
            return ReadFile(stamp, None, error.diagnostics)


def manifest_paths(paths: Sequence[Path], *, missing_ok: bool = False) -> tuple[Path, ...]:
    """Give the files that are meant, each once.

    :raises ConfigError: a path does not exist, unless ``missing_ok``.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            found = sorted(inner for inner in path.iterdir() if inner.suffix in (".yaml", ".yml"))
        elif path.exists():
            found = [path]
        elif missing_ok:
            found = []
        else:
            raise ConfigError(f"manifest '{path}' does not exist; correct the profile or make it")
        files |= {file.resolve(): file for file in found}
    return tuple(files.values())


def left_out(path: Path, *, kept: bool) -> Diagnostic:
    """Name the documents of a file that is not used, as far as its text tells.

    :param kept: whether its last good version stays in use.
    """
    try:
        text = path.read_bytes()[:MAX_BYTES].decode("utf-8", errors="replace")
    except OSError:
        text = ""
    names = list(dict.fromkeys(_NAMED.findall(text)))
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    message = f"its documents are not taken: {shown}" if names else "nothing of it is taken"
    hint = "their last good version stays in use" if kept else "mend what is named for this file"
    return Diagnostic(code="left-out", message=message, severity=Severity.WARNING, hint=hint, file=str(path), line=1)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)

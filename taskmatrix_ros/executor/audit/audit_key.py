"""The key of the audit log: it lies outside the folder it protects."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError

KEY_BYTES = 32


def default_key_file() -> Path:
    """Give ``TASKMATRIX_AUDIT_KEY_FILE``, or ``taskmatrix/audit.key`` in the XDG configuration folder."""
    if given := os.environ.get("TASKMATRIX_AUDIT_KEY_FILE"):
        return Path(given)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "taskmatrix" / "audit.key"


def read_key(file: Path) -> bytes:
    """Read the key.

    :returns: 32 bytes.
    :raises ConfigError: it is not there, others may read it, or it is no key.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            mode = os.fstat(descriptor).st_mode
            key = os.read(descriptor, KEY_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigError(
            f"audit key '{file}' cannot be read: {error.strerror}; bring it back, or set audit.key_file"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"audit key '{file}' is open to others (mode {stat.S_IMODE(mode):o}); chmod 600 it")
    if len(key) != KEY_BYTES:
        raise ConfigError(f"audit key '{file}' is no key: {KEY_BYTES} bytes are wanted; bring back a copy")
    return key


def read_or_make_key(file: Path, *, away_from: Path) -> bytes:
    """Read the key, made here where there is none.

    :param away_from: the state folder: whoever can write the log there must not find the key there.
    :raises ConfigError: it lies in that folder, or cannot be read or made.
    """
    if file.resolve().is_relative_to(away_from.resolve()):
        raise ConfigError(f"audit key '{file}' lies in the state folder it protects; set audit.key_file elsewhere")
    if not file.exists():
        _make(file)
    return read_key(file)


def _make(file: Path) -> None:
    """Write it whole under another name first: two nodes that start at once end up with one key, never half of one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(KEY_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            with contextlib.suppress(FileExistsError):
                file.hardlink_to(draft)
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigError(f"audit key '{file}' cannot be made: {error.strerror}; set audit.key_file") from error

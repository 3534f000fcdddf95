"""A look into a store's file that somebody else has open."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.errors import ConfigError


def read_rows(store_file: Path, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]] | None:
    """Ask without owning the file: a node may have it open.

    :returns: None where a version made the file that had no such table.
    :raises ConfigError: there is no such file, or it cannot be read.
    """
    if not store_file.is_file():
        raise ConfigError(f"store '{store_file}' does not exist; name the profile that the node ran with")
    try:
        connection = sqlite3.connect(f"{store_file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; make it readable") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; bring back a copy") from error

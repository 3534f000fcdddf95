"""Outlines that a person changed, and templates."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.store.database import Database


class SqliteOutlines:
    """Keeps outlines in an open ``Database``; every method has committed when it returns.

    A drafted outline is kept by the run it was drafted for, and only copied here once it is changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, outline: Outline) -> None:
        """Write an outline; one of the same id, or a template of the same name, is replaced."""
        with self._database.transaction():
            if outline.name:
                self._database.execute("DELETE FROM outlines WHERE name = ?", (outline.name,))
            self._database.execute(
                "INSERT OR REPLACE INTO outlines (outline_id, name, outline) VALUES (?, ?, ?)",
                (outline.outline_id, outline.name or None, outline.model_dump_json()),
            )

    def get(self, key: str) -> Outline | None:
        """Give the outline of that id, or the template of that name, in its latest form."""
        found = self._database.execute(
            "SELECT outline FROM outlines WHERE outline_id = ? OR name = ?", (key, key)
        ).fetchone()
        if found is None:
            found = self._database.execute(
                "SELECT json_extract(episode, '$.outline') FROM runs"
                " WHERE json_extract(episode, '$.outline.outline_id') = ? ORDER BY run_id DESC LIMIT 1",
                (key,),
            ).fetchone()
        return None if found is None else self._read(str(found[0]))

    def templates(self) -> Sequence[Outline]:
        """Give the templates, by name."""
        rows = self._database.execute("SELECT outline FROM outlines WHERE name IS NOT NULL ORDER BY name").fetchall()
        return tuple(self._read(str(row[0])) for row in rows)

    def _read(self, text: str) -> Outline:
        try:
            return Outline.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(
                f"store '{self._database.name}': an outline cannot be read; it was written by another version"
            ) from error

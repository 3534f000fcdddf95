"""Imports very many documents until it is killed: ``python bulk_writer.py STORE COUNT BATCH``; tells each batch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.store.database import Database


def bulk_documents(count: int) -> Iterator[ApiDocument]:
    """The same ones each time."""
    for number in range(count):
        yield ApiDocument.model_validate(
            {
                "name": f"bulk_{number:06}",
                "version": "1.0.0",
                "description": f"Read the meter number {number} of the plant.",
                "parameters": {"unit_name": {"type": "string", "description": "In which unit."}},
                "effect": "read",
                "binding": {"kind": "http", "url": f"https://plant.example.com/meters/{number}"},
            }
        )


if __name__ == "__main__":
    store, total, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    database = Database(store)
    database.open()
    for taken in Editor(Registry(database=database)).register_bulk(
        bulk_documents(total), "bulk", author="test", source="bulk", batch=size
    ):
        print(taken, flush=True)
    database.close()

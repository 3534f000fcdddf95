"""A bulk import that is killed at any moment: each batch is in or out, and it can be begun again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from bulk_writer import bulk_documents

from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.store.database import Database

COUNT = int(os.environ.get("TASKMATRIX_TEST_BULK", "4000"))
BATCH = 500
WRITER = Path(__file__).parents[2] / "support" / "bulk_writer.py"
KILLS = 3


def interrupted(store: Path, chance: random.Random) -> int:
    """Import until the process is killed, at a moment within some batch. :returns: how many it had told."""
    command = [sys.executable, str(WRITER), str(store), str(COUNT), str(BATCH)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = 0
    for _ in range(chance.randint(2, COUNT // BATCH // 2)):
        told = int(writer.stdout.readline() or told)
    time.sleep(chance.uniform(0, 0.15))
    writer.kill()
    rest = writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()
    return int(rest[-1]) if rest else told


def names_in(store: Path) -> list[str]:
    """Open the store as a node would, and give what it holds, each document having been read."""
    database = Database(store)
    database.open()  # refuses a damaged file
    try:
        registry = Registry(database=database)
        registry.open()
        names = registry.store.names(limit=COUNT + 1)
        for name in names:
            entry, document = Editor(registry).entry(name)
            assert (document.name, entry.version, entry.active) == (name, 1, False)
        assert registry.store.revision == len(names) // BATCH
        return names
    finally:
        database.close()


def test_each_batch_is_in_or_out(tmp_path: Path) -> None:
    store, chance = tmp_path / "store.sqlite", random.Random(11)
    for _ in range(KILLS):
        told = interrupted(store, chance)
        names = names_in(store)
        assert len(names) % BATCH == 0
        assert len(names) >= told
        assert names == [f"bulk_{number:06}" for number in range(len(names))]
    database = Database(store)
    database.open()
    editor = Editor(Registry(database=database))
    *_, taken = editor.register_bulk(bulk_documents(COUNT), "bulk", author="test", source="bulk", batch=BATCH)
    assert taken == COUNT
    database.close()
    assert len(names_in(store)) == COUNT

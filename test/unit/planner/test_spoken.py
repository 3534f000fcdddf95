"""What people say in homes that nothing was written for; the tables are in ``spoken``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from taskmatrix_ros.bench.sentences import load_sentences, run_sentences
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

TABLES = sorted((Path(__file__).parent / "spoken").glob("*.yaml"))


@pytest.mark.parametrize("table", TABLES, ids=[table.stem for table in TABLES])
def test_what_is_said_in_a_home_comes_to_what_was_meant(table: Path) -> None:
    home = HomeSnapshot.load(table.with_suffix(".json"))
    results = asyncio.run(run_sentences(load_sentences(table), home))
    assert [f"{one.sentence.say}: {one.why}" for one in results if one.why] == []


def test_there_are_tables_and_no_sentence_stands_twice_in_one() -> None:
    assert len(TABLES) >= 16
    for table in TABLES:
        said = [(one.say, one.area) for one in load_sentences(table)]
        assert len(set(said)) == len(said), table.stem

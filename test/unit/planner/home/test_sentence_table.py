"""The tables of the home's sentences, as they are shipped."""

from __future__ import annotations

import pytest

from taskmatrix_ros.planner.home.sentence_table import COMMANDS, QUESTIONS, Entry, load_sentences


@pytest.mark.parametrize("table", [COMMANDS, QUESTIONS], ids=["commands", "questions"])
def test_every_word_is_written_out_and_every_entry_can_be_said(table: tuple[Entry, ...]) -> None:
    assert table
    for asks, _beside, said in table:
        assert asks
        assert said
        for sentence in said:
            assert "<" not in sentence
            assert sentence.count("(") == sentence.count(")")
            assert sentence.count("[") == sentence.count("]")


def test_words_are_made_of_earlier_words() -> None:
    said = {
        sentence
        for asks, beside, every in COMMANDS
        if asks == "switch" and beside == {"on": True}
        for sentence in every
    }
    assert any(sentence.startswith("(turn|switch|") for sentence in said)


def test_a_table_that_is_not_shipped_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load_sentences("no_such_table.yaml")

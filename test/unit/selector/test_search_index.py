"""One suite over both engines: they find by words, follow every change, and read no operators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskmatrix_ros.selector.full_text_index import FullTextIndex
from taskmatrix_ros.selector.large_index import LargeIndex
from taskmatrix_ros.selector.search_index import SearchIndex
from taskmatrix_ros.selector.search_text import SearchText, telling_words, words


def text(name: str, description: str = "") -> SearchText:
    return SearchText(name, description, "", "", "", "", "")


@pytest.fixture(params=[FullTextIndex, LargeIndex], name="index")
def fixture_index(request: pytest.FixtureRequest) -> Iterator[SearchIndex]:
    index: SearchIndex = request.param()
    yield index
    index.close()


def replace(index: SearchIndex, texts: dict[str, SearchText]) -> None:
    with index.replacing() as write:
        write(texts)


def names(index: SearchIndex, query: str, limit: int = 10) -> set[str]:
    return set(index.search(query, limit))


OPERATORS = ['"', "'", "*", "^", "NEAR(a b, 2)", "AND", "OR", "NOT", "description:", "{a b}:", "-", "+", ";", "--"]
ODD = [*OPERATORS, "\x00", ")", "(", "fan", "héllo", "²", "\u0300", "\ud800", "中文"]


@given(st.lists(st.sampled_from(ODD) | st.text(max_size=10), max_size=12))
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_text_is_an_operator(index: SearchIndex, parts: list[str]) -> None:
    if not len(index):
        index.update({"fan_on": text("fan on", "Start the fan, and or not near description")}, ())
    query = " ".join(parts)
    found = index.search(query, 5)
    assert set(found) <= {"fan_on"}
    assert all(0.0 < score <= index.attainable(query) for score in found.values())
    if "fan" in words(query)[:60]:
        assert set(found) == {"fan_on"}


def test_telling_words() -> None:
    assert telling_words('turn on "the" fan* OR x:y fan') == ("turn", "on", "fan", "x", "y")
    assert telling_words("what is this") == ("what", "is", "this")
    assert telling_words(" _-;") == ()
    assert len(telling_words(" ".join(f"word{number}" for number in range(5000)))) == 64


def test_it_stems_and_folds(index: SearchIndex) -> None:
    replace(index, {"a": text("a", "Dimming the lights of the café"), "b": text("b", "Open blinds")})
    assert names(index, "dim light") == {"a"}
    assert names(index, "CAFE") == {"a"}
    assert names(index, "blind") == {"b"}


def test_the_name_weighs_most(index: SearchIndex) -> None:
    replace(
        index,
        {
            "fan_on": text("fan on", "Start it."),
            "report": text("report", "Tell whether the fan runs today."),
            "other": text("other", "Something else entirely."),
        },
    )
    assert list(index.search("fan", 10)) == ["fan_on", "report"]


def test_how_much_could_be_attained(index: SearchIndex) -> None:
    texts = {f"n{number}": text(f"n{number}", f"word{number} common") for number in range(40)}
    replace(index, texts | {"fan": text("fan", "start fan")})
    whole, part = "start fan", "start fan zebra quagga"
    assert index.search(whole, 1) == index.search(part, 1)
    (score,) = index.search(whole, 1).values()
    assert score / index.attainable(whole) > 0.5 > score / index.attainable(part) > 0
    assert index.search("zebra", 1) == {}
    assert index.attainable("zebra") > 0
    assert index.attainable("?") == 0


def test_an_error_while_beginning_anew_leaves_no_half(index: SearchIndex) -> None:
    replace(index, {"a": text("fan")})
    with pytest.raises(ZeroDivisionError), index.replacing() as write:
        write({"b": text("fan" * (1 // 0))})
    assert names(index, "fan") <= {"a"}
    replace(index, {"c": text("fan")})
    assert names(index, "fan") == {"c"}


_TEXTS = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(["fan", "fan lamp", "lamp", "oven fan lamp"]).map(text), max_size=6
)


@given(st.lists(st.tuples(st.booleans(), _TEXTS, st.sets(st.sampled_from("abcdef"))), min_size=1, max_size=5))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_changes_lead_to_what_a_new_index_holds(
    index: SearchIndex, changes: list[tuple[bool, dict[str, SearchText], set[str]]]
) -> None:
    replace(index, {})
    held: dict[str, SearchText] = {}
    for anew, put, removed in changes:
        if anew:
            replace(index, put)
            held = dict(put)
        else:
            index.update(put, removed - put.keys())
            held = {name: kept for name, kept in held.items() if name not in removed} | put
        assert len(index) == len(held)
        for query in ("fan", "lamp oven", "oven"):
            wanted = {name for name, kept in held.items() if set(query.split()) & set(kept.words_of_name.split())}
            assert names(index, query) == wanted


def test_it_can_be_closed_twice_and_used_again(index: SearchIndex) -> None:
    replace(index, {"a": text("fan")})
    index.close()
    index.close()
    assert names(index, "fan") == set()
    index.update({"b": text("fan")}, ["never_there"])
    assert names(index, "fan") == {"b"}

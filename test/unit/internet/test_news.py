"""Headlines of feeds, and of what is none."""

from __future__ import annotations

import contextlib
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.internet.news import MAX_TITLE, news_headlines, news_text, parse_feed
from taskmatrix_ros.sim.internet import HEADLINES, news

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>
<entry><title type="html">Rain &lt;b&gt;today&lt;/b&gt;</title><link href="https://a.example/1"/>
<updated>2026-11-26T07:00:00Z</updated></entry><entry><title/></entry></feed>"""
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>'
)
SPY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title></item></channel></rss>'


def test_headlines_of_a_file(tmp_path: Path) -> None:
    feed = tmp_path / "news.xml"
    feed.write_text(news(), encoding="utf-8")
    found = news_headlines(str(feed), limit=2)
    assert [entry["title"] for entry in found] == list(HEADLINES[:2])
    assert found[0]["link"] == "https://news.example/1"
    assert news_text(found) == f"In the news: {HEADLINES[0]}. {HEADLINES[1]}."


def test_atom_is_read_too_and_markup_is_taken_off() -> None:
    assert parse_feed(ATOM.encode(), "feed") == [
        {"title": "Rain today", "link": "https://a.example/1", "published": "2026-11-26T07:00:00Z"}
    ]


@pytest.mark.parametrize("body", [BOMB, SPY, "no xml", "<html><body/></html>", ""])
def test_what_is_no_feed_is_refused(body: str) -> None:
    with pytest.raises(CallRefused, match="name an RSS or Atom feed"):
        parse_feed(body.encode(), "feed")


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(CallUnavailable, match="cannot be read"):
        news_headlines(str(tmp_path / "none.xml"))


def test_nothing_new() -> None:
    assert news_text([]) == news_text([{"title": ""}]) == "There are no headlines."


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(CallRefused):
        assert isinstance(parse_feed(body, "feed"), list)


@given(title=st.text(st.characters(exclude_categories=["C"]), max_size=400))
def test_titles_are_plain_and_short(title: str) -> None:
    body = f"<rss><channel><item><title>{escape(title)}</title></item></channel></rss>"
    for entry in parse_feed(body.encode(), "feed"):
        assert 0 < len(entry["title"]) <= MAX_TITLE
        assert "\n" not in entry["title"]

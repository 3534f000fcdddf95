"""Headlines of a news feed, RSS 2.0 or Atom. What stands in it is data of strangers, and is kept as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from taskmatrix_ros.core.errors import CallRefused
from taskmatrix_ros.internet.fetch import fetch, shown

MAX_TITLE = 200
_ATOM = "{http://www.w3.org/2005/Atom}"
_TAGS = re.compile(r"<[^>]*>")


def news_headlines(url: str, limit: float = 5) -> list[dict[str, Any]]:
    """Give the latest headlines of a feed, in its order.

    :param url: of the feed, or a file's path.
    :param limit: at most so many.
    :returns: ``title``, ``link`` and ``published`` of each, the latter as the feed writes it.
    :raises CallRefused: it is no feed. ``CallUnavailable``: it cannot be reached.
    """
    return parse_feed(fetch(url, "news"), shown(url))[: int(limit)]


def news_text(headlines: Sequence[dict[str, Any]]) -> str:
    """Say headlines one after the other."""
    titles = [str(headline.get("title") or "").rstrip(". ") for headline in headlines]
    titles = [title for title in titles if title]
    return f"In the news: {'. '.join(titles)}." if titles else "There are no headlines."


def parse_feed(body: bytes, name: str) -> list[dict[str, Any]]:
    """Read a feed. :raises CallRefused: it is no XML, declares entities, or is no feed."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CallRefused(f"news: {name} is no feed that may be read: {error}; name an RSS or Atom feed") from error
    if root.tag not in ("rss", f"{_ATOM}feed") and not root.tag.endswith("RDF"):
        raise CallRefused(f"news: {name} is <{root.tag[:60]}>, no feed; name an RSS or Atom feed")
    return [entry for entry in map(_entry, _items(root)) if entry["title"]]


def _items(root: Element) -> Iterator[Element]:
    return (found for found in root.iter() if found.tag.rpartition("}")[2] in ("item", "entry"))


def _entry(item: Element) -> dict[str, Any]:
    parts = {child.tag.rpartition("}")[2]: child for child in reversed(list(item))}
    link = parts.get("link")
    address = "" if link is None else (link.text or link.get("href") or "")
    published = next((parts[name] for name in ("pubDate", "published", "updated", "date") if name in parts), None)
    return {
        "title": _plain(parts.get("title")),
        "link": address.strip()[:500],
        "published": "" if published is None else (published.text or "").strip()[:60],
    }


def _plain(element: Element | None) -> str:
    text = "" if element is None else "".join(element.itertext())
    return " ".join(_TAGS.sub(" ", html.unescape(text)).split())[:MAX_TITLE]

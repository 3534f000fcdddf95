from __future__ import annotations

import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.url_template import UrlTemplate


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/x", "file:///etc/passwd", "//a.example/", "a.example/x", "https://", "https:///x",
        "https://{host}/x", "https://a.example:{port}/", "https://me@a.example/", "https://me:pw@a.example/",
        "https://a.example/?q={q}", "https://a.example/#{q}", "https://a.example/{x", "https://a.example/{X}",
        "https://a.example/a b", "https://a.example/\n", "https://a.example\\@b.example/", "https://a.example:99999/",
        "https://a.example/a/../b", "https://a.example/%2E%2e/b", "https://[::1/",
    ],
)  # fmt: skip
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        UrlTemplate.parse(url)


def test_one_spelling_for_policies() -> None:
    template = UrlTemplate.parse("https://API.Example.:443/v1/{a}/x?units=m")
    assert template.canonical == "https://api.example/v1/{a}/x"
    assert template.canonical_of({"a": "b/c"}) == "https://api.example/v1/b%2Fc/x"
    assert template.canonical_of({"a": ".."}) == "https://api.example/v1/{a}/x"
    assert UrlTemplate.parse("http://[::1]:8080").canonical == "http://[::1]:8080/"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(string.ascii_lowercase, min_size=1))
def test_an_argument_stays_in_its_part_of_the_path(value: str, host: str) -> None:
    template = UrlTemplate.parse(f"https://{host}.example/a/{{x}}/b")
    try:
        url = template.fill({"x": value})
    except ValueError:
        assert value in ("", ".", "..")
        return
    parts = urlsplit(url)
    assert parts.hostname == f"{host}.example"
    first, a, filled, b = parts.path.split("/")
    assert (first, a, unquote(filled), b, parts.query, parts.fragment) == ("", "a", value, "b", "", "")


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (2.5, "2.5"), (True, "true"), ([1], "%5B1%5D")])
def test_values_as_text(value: object, text: str) -> None:
    assert UrlTemplate.parse("https://a.example/{x}").fill({"x": value}) == f"https://a.example/{text}"


def test_a_null_has_no_place() -> None:
    with pytest.raises(ValueError, match=r"x is null"):
        UrlTemplate.parse("https://a.example/{x}").fill({})

"""URLs with places for arguments: what is fixed in them, and how they are filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DOTS = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """An absolute http or https URL; ``{name}`` may stand in its path only and never brings a ``/`` with it."""

    text: str
    scheme: str
    host: str
    """Lower case; an IPv6 address without its brackets."""
    port: int
    names: tuple[str, ...]
    canonical: str
    """The same without query and fragment, in one spelling: what policies speak of."""

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str) -> UrlTemplate:
        """Read a template.

        :raises ValueError: it says what is wrong and what is allowed.
        """
        if any(letter <= " " or letter == "\x7f" for letter in text) or "\\" in text:
            raise ValueError("a URL holds no spaces, control characters or backslashes; write %20 and the like")
        try:
            parts = urlsplit(text)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError as error:
            raise ValueError(f"{text[:80]!r} is no URL: {error}") from error
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{text[:80]!r} does not begin with https:// or http://")
        if parts.username is not None or parts.password is not None:
            raise ValueError("a URL holds no user and no password; name a secret in `auth`")
        if not host or any(letter in parts.netloc for letter in "{}"):
            raise ValueError(f"the host of {text[:80]!r} must be written out; {{name}} may stand in the path only")
        if any(letter in part for part in (parts.query, parts.fragment) for letter in "{}"):
            raise ValueError("{name} may stand in the path only; give the rest in `query`")
        if any(letter in _PLACE.sub("", parts.path) for letter in "{}"):
            raise ValueError(f"a single brace in {parts.path[:80]!r}; write {{name}} for an argument")
        if any(part.lower().replace("%2e", ".") in (".", "..") for part in parts.path.split("/")):
            raise ValueError(f"the path of {text[:80]!r} goes up; write where it leads")
        default_port = 443 if parts.scheme == "https" else 80
        authority = f"[{host}]" if ":" in host else host
        if port not in (None, default_port):
            authority += f":{port}"
        names = tuple(_PLACE.findall(parts.path))
        canonical = f"{parts.scheme}://{authority}{parts.path or '/'}"
        return UrlTemplate(text, parts.scheme, host, port or default_port, names, canonical)

    def fill(self, arguments: Mapping[str, Any]) -> str:
        """Give the URL with these arguments.

        :raises ValueError: one is missing, or would leave its part of the path.
        """
        return _PLACE.sub(lambda place: _filled(place[1], arguments.get(place[1])), self.text)

    def canonical_of(self, arguments: Mapping[str, Any]) -> str:
        """Give the canonical URL; not filled in where these arguments cannot be, since then nothing is sent."""
        try:
            return _PLACE.sub(lambda place: _filled(place[1], arguments.get(place[1])), self.canonical)
        except ValueError:
            return self.canonical


def _filled(name: str, value: Any) -> str:
    if value is None:
        raise ValueError(f"{name} is null but has a place in the path; give it a value")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text in _DOTS:
        raise ValueError(f"{name} {text!r} would change the path; give it a name or a number")
    return quote(text, safe="")

"""What a discovery message announces: devices and their entities."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.bindings.discovery.fields import Fields

_NO_WORD = re.compile(r"[^\w']+|_")
_MAX_NAME = 80
_NAMED_BY_CLASS = frozenset({"binary_sensor", "button", "event", "number", "sensor", "update"})
"""Components that are called by their device class where they say no name; a null name is that of the device."""


@dataclass(frozen=True, kw_only=True)
class DiscoveredDevice:
    """The thing that one can touch. ``ids`` name it the same by every route: identifiers, and ``kind:address``."""

    name: str = ""
    ids: tuple[str, ...] = ()
    area: str = ""
    maker: str = ""
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class DiscoveredEntity:
    """One ability of a device: a light, a sensor. ``place`` is its name within its topic: unique, and stays."""

    component: str
    place: str
    fields: Fields = field(repr=False)
    device: DiscoveredDevice | None = None
    origin: str = ""
    unique_id: str = ""
    object_id: str = ""

    @property
    def spoken(self) -> str:
        """Its name as a person says it: that of the device and its own, where they differ."""
        own = plain_name(self.fields.text("name") or "")
        device = plain_name(self.device.name) if self.device else ""
        if not own and device and self.component in _NAMED_BY_CLASS and not self.fields.is_null("name"):
            own = plain_name(self.fields.text("device_class", "").replace("_", " "))
        if not own:
            return device or plain_name(self.object_id)
        if not device or own.lower().startswith(device.lower()):
            return own
        return f"{device} {own}"

    @property
    def wanted_id(self) -> str:
        """The identifier that Home Assistant would give it, without its kind."""
        wanted = self.fields.text("default_entity_id") or self.fields.text("object_id")
        if wanted:
            return slug(wanted.rpartition(".")[2])
        return slug(self.spoken) or slug(self.object_id) or slug(self.unique_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """What names this very entity by every route."""
        return (f"{self.component}:{self.unique_id}",) if self.unique_id else ()


def plain_name(text: str) -> str:
    """Give a name that can be shown and said: one line, no control characters, not too long."""
    letters = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    return " ".join(letters.split())[:_MAX_NAME].strip()


def said_words(name: str) -> str:
    """Give the words of a name, as a sentence template may hold them: ``Küche/Lampe 2`` -> ``küche lampe 2``."""
    return " ".join(_NO_WORD.sub(" ", name).lower().split())


def slug(text: str) -> str:
    """Give a name that a key or a function may have: ``Küche/Lampe 2`` -> ``kuche_lampe_2``."""
    ascii_text = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_")[:40].strip("_")


def parse_device(config: Mapping[str, Any], problem: Any) -> DiscoveredDevice:
    """Read the device of a message.

    :param problem: makes the error of a field: ``problem(name, what)``.
    """
    ids = config.get("identifiers")
    listed = [ids] if isinstance(ids, str | int) else ids if ids is not None else []
    connections = config.get("connections") or []
    if not isinstance(listed, list) or not all(isinstance(one, str | int) for one in listed):
        raise problem("device.identifiers", "is neither a text nor a list of texts")
    pairs = [connections] if _is_pair(connections) else connections
    if not isinstance(pairs, list) or not all(_is_pair(pair) for pair in pairs):
        raise problem("device.connections", "is no list of [kind, address]")
    names = [str(one) for one in listed] + [f"{pair[0]}:{str(pair[1]).lower()}" for pair in pairs]
    if not names:
        raise problem("device", "has neither identifiers nor connections")
    texts = {}
    for name in ("name", "suggested_area", "manufacturer", "model"):
        value = config.get(name)
        if value is not None and not isinstance(value, str | int | float):
            raise problem(f"device.{name}", "is no text")
        texts[name] = plain_name("" if value is None else str(value))
    return DiscoveredDevice(
        name=texts["name"],
        ids=tuple(dict.fromkeys(names)),
        area=texts["suggested_area"],
        maker=texts["manufacturer"],
        model=texts["model"],
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)

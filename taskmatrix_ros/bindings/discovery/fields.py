"""The fields of a discovery message, read with their types: what does not fit is named."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any, overload

import regex

from taskmatrix_ros.bindings.mqtt.mqtt_topic import MAX_TOPIC_BYTES, problem_of_text
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate

_ONLY_IN_HOME_ASSISTANT = frozenset(
    {
        *("states", "state_attr", "is_state", "is_state_attr", "has_value", "expand", "device_id", "device_attr"),
        *("area_id", "area_name", "area_entities", "integration_entities", "closest", "distance", "relative_time"),
    }
)
_MAX_WORDS = 500
_MAX_SHOWN = 20
_MAX_LETTERS = 1000


class DiscoveryProblem(ConfigError):
    """A discovery message cannot be used; one line that names the field, what it holds and what is allowed."""

    code = "DISCOVERY"


class Fields:
    """One entity's message, names written out."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def __contains__(self, name: str) -> bool:
        return self._config.get(name) is not None

    def raw(self, name: str) -> Any:
        """What stands there, None if nothing does."""
        return self._config.get(name)

    def is_null(self, name: str) -> bool:
        """Whether it is there and null, which turns an ability off."""
        return name in self._config and self._config[name] is None

    @overload
    def text(self, name: str, default: str) -> str: ...
    @overload
    def text(self, name: str) -> str | None: ...
    def text(self, name: str, default: str | None = None) -> str | None:
        """A text; numbers and truths count as Home Assistant's, which is Python's, writing of them."""
        value = self._config.get(name)
        if value is None:
            return default
        if isinstance(value, str | int | float) and len(str(value)) <= _MAX_LETTERS:
            return str(value)
        raise self.problem(name, "is no text")

    def topic(self, name: str, *, required: bool = False) -> str | None:
        """A topic to publish on."""
        topic = self._topic(name, required)
        if topic is not None and set(topic) & set("+#"):
            raise self.problem(name, "has a wildcard, and nothing can be published on it")
        return topic

    def heard_topic(self, name: str, *, required: bool = False) -> str | None:
        """A topic to listen to; it may have ``+`` levels."""
        topic = self._topic(name, required)
        if topic is not None and ("#" in topic or any("+" in level and level != "+" for level in topic.split("/"))):
            raise self.problem(name, "has a wildcard that cannot be listened to here; + may stand for one level")
        return topic

    def template(self, name: str) -> str | None:
        """A Jinja template that the sandbox takes."""
        value = self._config.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.problem(name, "is no template")
        try:
            template = JinjaTemplate.parse(value)
        except ConfigError as error:
            raise DiscoveryProblem(f"{name}: {error.message}") from error
        if unknown := sorted(template.names & _ONLY_IN_HOME_ASSISTANT):
            raise DiscoveryProblem(f"{name}: it uses {unknown[0]}(), which only Home Assistant has")
        return value if value.strip() else None

    def number(self, name: str, default: float, *, low: float = -1e9, high: float = 1e9) -> float:
        """A finite number in ``low..high``."""
        value = self._config.get(name)
        if value is None:
            return default
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise self.problem(name, "is no number")
        if not low <= number <= high:
            raise self.problem(name, f"is outside {low:g}..{high:g}")
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A truth."""
        value = self._config.get(name)
        if value is None:
            return default
        word = str(value).lower()
        if word in ("true", "1", "yes", "on", "enable"):
            return True
        if word in ("false", "0", "no", "off", "disable"):
            return False
        raise self.problem(name, "is neither true nor false")

    def texts(self, name: str, default: Iterable[str] = (), *, required: bool = False) -> tuple[str, ...]:
        """A list of different texts; an empty one, if it need not be there, says that there are none."""
        value = self._config.get(name)
        if value is None and not required:
            return tuple(default)
        if value == [] and not required:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items or len(items) > _MAX_WORDS:
            raise self.problem(name, "is no list of texts" if value is not None else "is missing")
        if not all(isinstance(item, str | int | float) and len(str(item)) <= 200 for item in items):
            raise self.problem(name, "is no list of texts")
        return tuple(dict.fromkeys(map(str, items)))

    def pattern(self, name: str) -> str | None:
        """A regular expression."""
        value = self.text(name)
        try:
            return None if value is None else regex.compile(value).pattern
        except regex.error as error:
            raise self.problem(name, f"is no pattern: {error}") from error

    def check_together(self, name: str, other: str) -> None:
        """See that two fields are there both or not at all. :raises DiscoveryProblem: one is missing."""
        if (name in self) != (other in self):
            there, missing = (name, other) if name in self else (other, name)
            raise DiscoveryProblem(f"{there} is given without {missing}; give both or neither")

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        """One of a few words."""
        word = self.text(name, default)
        if word not in (known := tuple(allowed)):
            near = difflib.get_close_matches(word, known, n=1)
            shown = [one for one in known if one]
            more = ", …" if len(shown) > _MAX_SHOWN else ""
            hint = f"did you mean {near[0]!r}" if near else f"allowed: {', '.join(shown[:_MAX_SHOWN])}{more}"
            raise self.problem(name, f"is not known; {hint}")
        return word

    def problem(self, name: str, what: str) -> DiscoveryProblem:
        """Name a field, what it holds and what is wrong with it."""
        value = self._config.get(name)
        shown = "" if value is None else f" {_shown(value)}"
        return DiscoveryProblem(f"{name}{shown} {what}")

    def _topic(self, name: str, required: bool) -> str | None:
        value = self._config.get(name)
        if value is None:
            if required:
                raise DiscoveryProblem(f"{name} is missing")
            return None
        if not isinstance(value, str) or not value:
            raise self.problem(name, "is no topic")
        if said := problem_of_text(value):
            raise self.problem(name, f"is no topic: {said}")
        if len(value.encode()) > MAX_TOPIC_BYTES:
            raise self.problem(name, f"is longer than {MAX_TOPIC_BYTES} bytes")
        return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."

"""MQTT topics: those a call publishes on, and those that state is heard on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from taskmatrix_ros.bindings.templates import Argument, check_template, parse_template, render_text
from taskmatrix_ros.core.errors import CallRefused, ConfigError

MAX_TOPIC_BYTES = 65_535
_KEY_PART = re.compile(r"[a-z0-9_]+")
_SEPARATORS = "/+#"


def check_topic_template(template: str, parameter_names: Iterable[str]) -> None:
    """Check the topic of a binding, which is a template.

    :raises ConfigError: no topic a message can be published on, or it names what is no parameter.
    """
    check_template(template, parameter_names)
    literal = "".join(piece for piece in parse_template(template) if isinstance(piece, str))
    if not template or problem_of_text(literal) or set(literal) & set("+#"):
        raise ConfigError(
            f"topic {template!r} cannot be published on; allowed is a text of levels separated by '/', without "
            "'+', '#' and control characters"
        )


def render_topic(template: str, arguments: Mapping[str, Any]) -> str:
    """Fill a topic template; an argument stays inside its level and can name no other device's topic.

    :raises CallRefused: an argument is empty, null, or holds ``/``, ``+``, ``#``, a leading ``$`` or a control
        character, or the topic would be longer than 65,535 bytes.
    """
    for piece in parse_template(template):
        if isinstance(piece, Argument):
            text = render_text(f"{{{piece.name}}}", arguments)
            problem = "it is empty" if not text else problem_of_text(text)
            if not problem and (text.startswith("$") or set(text) & set(_SEPARATORS)):
                problem = "'/', '+', '#' and a leading '$' are not allowed there"
            if problem:
                raise CallRefused(
                    f"argument {piece.name} {text[:80]!r} cannot be part of topic {template!r}: {problem}"
                )
    topic = render_text(template, arguments)
    if len(topic.encode()) > MAX_TOPIC_BYTES:
        raise CallRefused(f"topic {template!r} becomes longer than {MAX_TOPIC_BYTES} bytes; give shorter arguments")
    return topic


def problem_of_text(text: str) -> str:
    """Say why text cannot be in a topic at all, or give the empty string."""
    for letter in text:
        category = unicodedata.category(letter)
        if category == "Cc":
            return f"it holds the control character U+{ord(letter):04X}"
        if category == "Cs":
            return "it holds a lone surrogate, which UTF-8 has not"
    return ""


class StateTopic:
    """The topics one state key, or one family of keys, is heard on.

    ``home/light/{light}/state`` for ``light.{light}.state`` hears every light and fills its name into the key.
    """

    def __init__(self, topic: str, key: str) -> None:
        """:raises ConfigError: no topic that can be subscribed to, or the key names what the topic does not."""
        self.topic = topic
        self._levels = [self._level(level, topic) for level in topic.split("/")]
        self._key = parse_template(key)
        names = [level.name for level in self._levels if isinstance(level, Argument)]
        unknown = [piece.name for piece in self._key if isinstance(piece, Argument) and piece.name not in names]
        if unknown or len(set(names)) != len(names):
            what = f"key {key!r} names {{{unknown[0]}}}, which is not there" if unknown else "a name stands there twice"
            raise ConfigError(f"state topic {topic!r}: {what}; each {{name}} of the key is one level of the topic")
        if len(topic.encode()) > MAX_TOPIC_BYTES:
            raise ConfigError(f"state topic {topic[:80]!r}... is longer than {MAX_TOPIC_BYTES} bytes")
        self.filter = "/".join(level if isinstance(level, str) else "+" for level in self._levels)
        """What to subscribe to."""

    @property
    def is_exact(self) -> bool:
        """Whether it is one topic."""
        return all(isinstance(level, str) for level in self._levels)

    def hears(self, topic: str) -> bool:
        """Whether a topic is one of these."""
        levels = topic.split("/")
        return len(levels) == len(self._levels) and all(
            isinstance(wanted, Argument) or wanted == level for wanted, level in zip(self._levels, levels, strict=True)
        )

    def key_of(self, topic: str) -> str | None:
        """Give the key a message on ``topic`` is about, or None if the topic is another one.

        :raises ValueError: a level that fills the key holds what a key cannot: keys are ``a-z``, ``0-9`` and ``_``.
        """
        levels = topic.split("/")
        if len(levels) != len(self._levels):
            return None
        filled: dict[str, str] = {}
        for wanted, level in zip(self._levels, levels, strict=True):
            if isinstance(wanted, Argument):
                filled[wanted.name] = level
            elif wanted != level:
                return None
        parts = [piece if isinstance(piece, str) else filled[piece.name] for piece in self._key]
        for piece, part in zip(self._key, parts, strict=True):
            if isinstance(piece, Argument) and not _KEY_PART.fullmatch(part):
                raise ValueError(f"level {part[:80]!r} cannot be part of a state key; allowed are a-z, 0-9 and _")
        return "".join(parts)

    @staticmethod
    def _level(level: str, topic: str) -> str | Argument:
        pieces = parse_template(level)
        if not pieces:
            return ""
        if len(pieces) == 1:
            piece = pieces[0]
            if isinstance(piece, Argument) or not (set(piece) & set("+#") or problem_of_text(piece)):
                return piece
        raise ConfigError(
            f"state topic {topic!r}: level {level!r} is neither plain text nor one {{name}}; write {{name}} for a "
            "wildcard level"
        )

"""From the bytes of an MQTT message to the value of a state key."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.binding_spec import MqttSource
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate, TemplateFailed

MAX_PAYLOAD_BYTES = 1_048_576
"""No state is larger; a larger payload is refused before it is decoded."""

_BAD_ESCAPE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def _refuse_constant(word: str) -> Any:
    raise BadPayload(f"{word} is no JSON")


_UNREAD = object()
_WHOLE = re.compile(r"0|-?[1-9][0-9]*", re.ASCII).fullmatch
_SHORT = 16
"""Digits of the whole numbers that are read without a decoder: most of what changes often is one."""
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class BadPayload(ValueError):
    """A payload does not hold what its state spec says; one line."""


class MissingValue(BadPayload):
    """A JSON document has nothing where the pointer points."""


class Payload:
    """A message's content, decoded and parsed at most once, however many state keys it feeds."""

    __slots__ = ("_json", "_text", "_variables", "raw")

    def __init__(self, raw: bytes | bytearray) -> None:
        self.raw = raw
        # plain attributes: functools.cached_property takes a lock for each message
        self._text: str | None = None
        self._json: Any = _UNREAD
        self._variables: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """The payload as text. :raises BadPayload: it is no UTF-8."""
        if self._text is None:
            if len(self.raw) > MAX_PAYLOAD_BYTES:
                raise BadPayload(f"{len(self.raw)} bytes are more than {MAX_PAYLOAD_BYTES}")
            try:
                self._text = self.raw.decode()
            except UnicodeDecodeError as error:
                raise BadPayload(f"it is no UTF-8 text: byte {error.start} is 0x{self.raw[error.start]:02x}") from error
        return self._text

    @property
    def json(self) -> Any:
        """The payload as a JSON document. :raises BadPayload: it is none."""
        if self._json is _UNREAD:
            self._json = self._parsed()
        return self._json

    @property
    def variables(self) -> dict[str, Any]:
        """What a template sees: ``value``, and ``value_json`` where it is JSON."""
        if self._variables is None:
            try:
                self._variables = {"value": self.text, "value_json": self.json}
            except BadPayload:
                self._variables = {"value": self.text}
        return self._variables

    def _parsed(self) -> Any:
        try:
            text = self.text
            return int(text) if len(text) < _SHORT and _WHOLE(text) else _DECODER.decode(text)
        except RecursionError as error:
            raise BadPayload("it is JSON nested too deeply") from error
        except BadPayload:
            raise
        except ValueError as error:  # also an integer of too many digits
            raise BadPayload(f"{_shown(self.text)} is no JSON: {error}") from error


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Split a JSON pointer into its reference tokens.

    :raises ConfigError: it does not begin with ``/``, or holds a ``~`` that is neither ``~0`` nor ``~1``.
    :source: RFC 6901.
    """
    if pointer and not pointer.startswith("/"):
        raise ConfigError(f"path {pointer!r} is no JSON pointer (RFC 6901); it begins with '/': write '/{pointer}'")
    if _BAD_ESCAPE.search(pointer):
        raise ConfigError(f"path {pointer!r} is no JSON pointer (RFC 6901); write ~0 for '~' and ~1 for '/'")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def follow_pointer(document: Any, tokens: tuple[str, ...]) -> Any:
    """Give what a pointer points to.

    :raises MissingValue: nothing is there.
    :source: RFC 6901.
    """
    here = document
    for depth, token in enumerate(tokens, start=1):
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and _INDEX.fullmatch(token) and int(token) < len(here):
            here = here[int(token)]
        else:
            raise MissingValue(f"it has no {'/' + '/'.join(tokens[:depth])}")
    return here


class PayloadReader:
    """Reads the value of one state key out of payloads, as its spec says."""

    def __init__(self, spec: StateSpec, source: MqttSource) -> None:
        """:raises ConfigError: path or template can never work, or ``map`` gives what is not of the key's type."""
        self._type = spec.type
        self._tokens = None if source.path is None else parse_pointer(source.path)
        self._template = None if source.template is None else JinjaTemplate.parse(source.template)
        self._shortcut = None if self._template is None else self._template.pointer
        self._map = source.map
        self._scale = source.scale
        self._optional = source.optional
        read_further = (self._tokens, self._template, self._map, self._scale)
        self._is_plain = self._type is ValueType.NUMBER and all(one is None for one in read_further)
        for word, value in (source.map or {}).items():
            try:
                self._typed(value)
            except BadPayload as error:
                raise ConfigError(f"state {spec.key!r}: map gives {error} for {word!r}") from error

    def value_of(self, payload: Payload) -> Any:
        """Read the value; None where the payload says null or is empty, as one that deletes a retained message is.

        :raises BadPayload: it is not there (``MissingValue``), no word of ``map``, or not of the key's type.
        """
        if not payload.raw:
            return None
        if self._template is not None:
            return self._scaled(self._rendered(payload))
        if self._is_plain and type(number := payload.json) is int:
            return _double(number)  # most of what changes often
        found = self._found(payload)
        if self._map is not None:
            found = self._mapped(found if isinstance(found, str) else json.dumps(found))
        return self._scaled(self._typed(found))

    def _found(self, payload: Payload) -> Any:
        if self._tokens is not None:
            return follow_pointer(payload.json, self._tokens)
        if self._map is not None or self._type is ValueType.STRING:
            return payload.text
        # a number, true, false, null, a list and an object are written in a plain payload as they are in JSON
        return payload.json

    def _rendered(self, payload: Payload) -> Any:
        """Read the text that the template makes: empty says nothing, ``None`` says that nothing is known."""
        assert self._template is not None
        if self._shortcut is not None:
            found = follow_pointer(payload.json, self._shortcut)
            if self._type is ValueType.NUMBER and self._map is None and isinstance(found, int | float):
                return self._typed(found)
            text = found.strip() if isinstance(found, str) else str(found)
        else:
            try:
                text = self._template.render(payload.variables)
            except TemplateFailed as error:
                raise BadPayload(str(error)) from error
        if not text:
            raise MissingValue("the template makes nothing of it")
        if self._map is not None and (text in self._map or text != "None"):
            return self._typed(self._mapped(text))
        return None if text == "None" else _read_text(text, self._type)

    def _mapped(self, word: str) -> Any:
        assert self._map is not None
        if word in self._map:
            return self._map[word]
        if self._optional:
            raise MissingValue(f"{_shown(word)} is nothing of it")
        raise BadPayload(f"{_shown(word)} is none of {', '.join(self._map)}")

    def _scaled(self, value: Any) -> Any:
        if self._scale is None or value is None or isinstance(value, bool) or not isinstance(value, int | float):
            return value
        scaled = round(value * self._scale, 6)
        return round(scaled) if self._type is ValueType.INTEGER else scaled

    def _typed(self, value: Any) -> Any:
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        match self._type:
            case ValueType.NUMBER if number:
                return _double(value)
            case ValueType.INTEGER if number and value == math.floor(_double(value)):
                return int(value)
            case ValueType.STRING if isinstance(value, str):
                return value
            case ValueType.BOOLEAN if isinstance(value, bool):
                return value
            case ValueType.OBJECT if isinstance(value, dict):
                return value
            case ValueType.ARRAY if isinstance(value, list):
                return value
        raise BadPayload(f"{_shown(value)} is not of type {self._type.value}")


def _read_text(text: str, value_type: ValueType) -> Any:
    """Read what a template made: a text is all it can make."""
    if value_type is ValueType.STRING:
        return text
    if value_type is ValueType.BOOLEAN:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise BadPayload(f"{_shown(text)} is neither true nor false")
    if value_type in (ValueType.NUMBER, ValueType.INTEGER):
        try:
            number = _double(float(text))
        except ValueError as error:
            raise BadPayload(f"{_shown(text)} is no number") from error
        return round(number) if value_type is ValueType.INTEGER else number
    try:
        found = _DECODER.decode(text)
    except ValueError as error:
        raise BadPayload(f"{_shown(text)} is no JSON") from error
    if isinstance(found, dict if value_type is ValueType.OBJECT else list):
        return found
    raise BadPayload(f"{_shown(text)} is not of type {value_type.value}")


def _double(value: float) -> float:
    try:
        double = float(value)
    except OverflowError as error:
        raise BadPayload("the number is too large for a double") from error
    if not math.isfinite(double):
        raise BadPayload("the number is too large for a double")
    return double


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.bindings.mqtt.mqtt_payload import (
    MAX_PAYLOAD_BYTES,
    BadPayload,
    MissingValue,
    Payload,
    PayloadReader,
    follow_pointer,
    parse_pointer,
)
from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.errors import ConfigError


def reader(type_: str, path: str | None = None, map_: dict[str, Any] | None = None) -> PayloadReader:
    spec = StateSpec.model_validate(
        {"key": "a.b", "type": type_, "from": {"kind": "mqtt", "topic": "t", "path": path, "map": map_}}
    )
    return PayloadReader(spec, spec.source)


# The examples of RFC 6901, section 5.
RFC_DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", RFC_DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_pointers_of_the_rfc(pointer: str, value: Any) -> None:
    assert follow_pointer(RFC_DOCUMENT, parse_pointer(pointer)) == value


@pytest.mark.parametrize("pointer", ["/foo/2", "/foo/01", "/foo/-", "/foo/-1", "/foo/bar", "/nothing", "/foo/0/0"])
def test_a_pointer_to_nothing_is_a_missing_value(pointer: str) -> None:
    with pytest.raises(MissingValue, match="it has no /"):
        follow_pointer(RFC_DOCUMENT, parse_pointer(pointer))


@pytest.mark.parametrize("pointer", ["foo", "power/x", "/a~2", "/a~"])
def test_what_is_no_pointer_is_a_config_error(pointer: str) -> None:
    with pytest.raises(ConfigError, match="RFC 6901"):
        parse_pointer(pointer)


@given(st.lists(st.text(), max_size=4))
def test_every_key_has_a_pointer(keys: list[str]) -> None:
    document: Any = "found"
    for key in reversed(keys):
        document = {key: document}
    pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    assert follow_pointer(document, parse_pointer(pointer)) == "found"


@pytest.mark.parametrize(
    ("type_", "path", "payload", "value"),
    [
        ("string", None, b"on", "on"),
        ("string", None, b'{"a": 1}', '{"a": 1}'),
        ("string", "", b'"on"', "on"),
        ("number", None, b"21.5", 21.5),
        ("number", None, b" 21 ", 21.0),
        ("number", "/t", b'{"t": 21}', 21.0),
        ("integer", "/t", b'{"t": 21.0}', 21),
        ("boolean", None, b"true", True),
        ("boolean", "/on", b'{"on": false}', False),
        ("object", None, b'{"a": 1}', {"a": 1}),
        ("array", "/list", b'{"list": [1]}', [1]),
        ("string", "/playing", b'{"playing": null}', None),
        ("number", None, b"", None),
        ("number", "/t", b"", None),
    ],
)
def test_values(type_: str, path: str | None, payload: bytes, value: Any) -> None:
    found = reader(type_, path).value_of(Payload(payload))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "path", "payload", "why"),
    [
        ("number", None, b"warm", "no JSON"),
        ("number", None, b"NaN", "NaN"),
        ("number", None, b"-Infinity", "Infinity"),
        ("number", None, b"true", "not of type number"),
        ("number", None, b"1e999", "too large"),
        ("number", None, b"1" + b"0" * 400, "too large"),
        ("number", None, b"1" + b"0" * 5000, "no JSON"),
        ("number", "/t", b'{"t": "21"}', "not of type number"),
        ("integer", "/t", b'{"t": 21.5}', "not of type integer"),
        ("integer", "/t", b'{"t": 1e999}', "too large"),
        ("boolean", "/t", b'{"t": 1}', "not of type boolean"),
        ("string", "/t", b'{"t": 1}', "not of type string"),
        ("object", None, b"[]", "not of type object"),
        ("array", None, b"{}", "not of type array"),
        ("string", None, b"\xff\xfe", "no UTF-8"),
        ("string", "/t", b"[" * 200_000, "nested too deeply"),
        ("string", "/t", b"not json", "no JSON"),
        ("string", None, b"x" * (MAX_PAYLOAD_BYTES + 1), "bytes are more than"),
    ],
)
def test_bad_payloads_are_named(type_: str, path: str | None, payload: bytes, why: str) -> None:
    with pytest.raises(BadPayload, match=why) as caught:
        reader(type_, path).value_of(Payload(payload))
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


@given(st.binary(), st.sampled_from(["string", "number", "integer", "boolean", "object", "array"]), st.booleans())
def test_no_payload_raises_anything_else(raw: bytes, type_: str, whole: bool) -> None:
    with contextlib.suppress(BadPayload):
        reader(type_, None if whole else "/a").value_of(Payload(raw))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_json_raises_anything_else(document: Any) -> None:
    raw = json.dumps({"a": document}).encode()
    for type_ in ("string", "number", "integer", "boolean", "object", "array"):
        for map_ in (None, {"on": None}):
            with contextlib.suppress(BadPayload):
                reader(type_, "/a", map_).value_of(Payload(raw))


def test_map_turns_words_into_values() -> None:
    power = reader("boolean", "/s", {"ON": True, "OFF": False, "unknown": None})
    assert power.value_of(Payload(b'{"s": "ON"}')) is True
    assert power.value_of(Payload(b'{"s": "OFF"}')) is False
    assert power.value_of(Payload(b'{"s": "unknown"}')) is None
    with pytest.raises(BadPayload, match="'on' is none of ON, OFF, unknown"):
        power.value_of(Payload(b'{"s": "on"}'))


def test_map_of_a_plain_payload_and_of_json_words() -> None:
    assert reader("string", None, {"1": "on", "0": "off"}).value_of(Payload(b"1")) == "on"
    assert reader("string", "/s", {"true": "on", "3": "three"}).value_of(Payload(b'{"s": true}')) == "on"
    assert reader("string", "/s", {"true": "on", "3": "three"}).value_of(Payload(b'{"s": 3}')) == "three"


def test_a_map_to_the_wrong_type_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"'a\.b': map gives 'yes' is not of type boolean for 'ON'"):
        reader("boolean", "/s", {"ON": "yes"})


def test_a_payload_is_parsed_once() -> None:
    payload = Payload(b'{"a": 1, "b": 2}')
    assert reader("number", "/a").value_of(payload) == 1
    assert payload.json is payload.json

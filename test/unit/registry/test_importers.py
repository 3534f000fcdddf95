"""Drafts of documents from what others wrote."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Http, Mcp
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.registry.editor import Editor
from taskmatrix_ros.registry.mcp_import import ToolDescription, draft_tools
from taskmatrix_ros.registry.openapi_import import draft_openapi
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.registry.schema_types import identifier, parameter_of

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from http_service import openapi

SERVICE = openapi(8123, secured=True)


def drafted(document: Any, **more: Any) -> dict[str, ApiDocument]:
    draft, _ = draft_openapi(document, source="https://house.example/openapi.json", **more)
    return {api.name: api for api in draft.apis}


def changed(**paths: Any) -> dict[str, Any]:
    document = copy.deepcopy(SERVICE)
    document["paths"] = paths
    return document


def test_operations_become_documents() -> None:
    apis = drafted(SERVICE)
    assert set(apis) == {"read_lamp", "set_lamp"}
    read, put = apis["read_lamp"], apis["set_lamp"]
    assert (read.effect.value, read.idempotent, put.effect.value, put.idempotent) == ("read", True, "hazardous", False)
    assert read.parameters["lamp"].enum == ("hall", "desk")
    brightness = put.parameters["brightness_pct"]
    assert (brightness.minimum, brightness.maximum, brightness.default, brightness.required) == (0, 100, 100, False)
    assert put.parameters["state"].required
    assert put.returns is not None
    assert put.returns.properties is not None
    assert put.returns.properties["state"].description == "Whether it burns."
    assert isinstance(put.binding, Http)
    assert put.binding.url == "http://127.0.0.1:8123/lamps/{lamp}"
    assert put.binding.body == {"state": "{state}", "brightness_pct": "{brightness_pct}"}
    assert put.binding.auth is not None
    assert (put.binding.auth.kind, put.binding.auth.secret) == ("bearer", "lamp_house")
    assert (put.package, put.version) == ("lamp_house", "2.3.0")
    assert put.description == "Let a lamp of the house burn with a brightness."


def test_an_example_becomes_a_usage_example_where_it_is_a_whole_call() -> None:
    document = copy.deepcopy(SERVICE)
    assert drafted(document)["set_lamp"].usage_examples == ()  # nothing says which lamp
    document["components"]["parameters"]["Lamp"]["example"] = "hall"
    (example,) = drafted(document)["set_lamp"].usage_examples
    assert example.code == "set_lamp(lamp='hall', state='on', brightness_pct=40)"


def test_the_operator_is_told_which_secret_is_wanted() -> None:
    draft, count = draft_openapi(SERVICE, source="x.json", server="https://lamps.example")
    assert count == 2
    (note,) = draft.findings
    assert "lamp_house" in note.message
    assert "lamps.example" in note.hint


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"swagger": "2.0"}, "no OpenAPI 3.x"),
        ([], "no OpenAPI 3.x"),
        (changed(**{"/x": {"get": {"parameters": [{"$ref": "other.yaml#/Lamp"}]}}}), "leads out of the file"),
        (changed(**{"/x": {"get": {"parameters": [{"$ref": "file:///etc/passwd"}]}}}), "leads out of the file"),
        (changed(**{"/x": {"$ref": "#/components/nowhere"}}), "leads nowhere"),
    ],
)
def test_descriptions_that_are_refused(document: Any, says: str) -> None:
    with pytest.raises(ManifestError, match=says):
        drafted(document)


def test_a_relative_server_is_relative_to_the_description() -> None:
    document = {**SERVICE, "servers": [{"url": "/v1/{area}", "variables": {"area": {"default": "eu"}}}]}
    binding = drafted(document)["read_lamp"].binding
    assert isinstance(binding, Http)
    assert binding.url == "https://house.example/v1/eu/lamps/{lamp}"
    with pytest.raises(ManifestError, match="--server"):
        draft_openapi(document, source="openapi.json")


def test_schemas_that_refer_to_themselves_end() -> None:
    document = changed(**{"/x": {"post": {"requestBody": {"required": True, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Tree"}}}}, "responses": {}}}})  # fmt: skip
    document["components"]["schemas"]["Tree"] = {
        "type": "object",
        "properties": {
            "left": {"$ref": "#/components/schemas/Tree"},
            "all": {"allOf": [{"$ref": "#/components/schemas/Tree"}]},
        },
    }
    document["components"]["schemas"]["Loop"] = {"$ref": "#/components/schemas/Loop"}
    assert set(drafted(document)["post_x"].parameters) == {"left", "all"}
    document["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "$ref": "#/components/schemas/Loop"
    }
    assert set(drafted(document)["post_x"].parameters) == {"body"}


def test_what_cannot_be_sent_is_left_out_and_named() -> None:
    upload = {"requestBody": {"content": {"multipart/form-data": {}}}}
    cookie = {"parameters": [{"in": "cookie", "name": "session", "required": True}]}
    draft, count = draft_openapi(
        changed(**{"/upload": {"post": upload}, "/me": {"get": cookie}, "/up/../x": {"get": {}}}), source="x.json"
    )
    assert (count, draft.apis) == (3, [])
    assert [finding.message.split(" is left")[0] for finding in draft.findings] == [
        "POST /upload", "GET /me", "GET /up/../x",
    ]  # fmt: skip


def test_tools_become_documents() -> None:
    schema = {
        "type": "object",
        "properties": {"lampName": {"$ref": "#/$defs/Lamp"}, "level": {"type": ["integer", "null"], "minimum": 0}},
        "required": ["lampName"],
        "$defs": {"Lamp": {"type": "string", "enum": ["hall"]}},
    }
    draft = draft_tools(
        [
            ToolDescription(name="lamp-state", description="Tell.", input_schema=schema, reads_only=True),
            ToolDescription(name="setLamp", input_schema=schema, destructive=False, idempotent=True),
            ToolDescription(name="wipe", input_schema={}),
            ToolDescription(name="wipe", input_schema={"type": "object"}, destructive=True),
        ],
        server="house",
    )
    state, put, wipe, again = draft.apis
    assert [api.effect.value for api in draft.apis] == ["read", "actuate", "hazardous", "hazardous"]
    assert [api.idempotent for api in draft.apis] == [True, True, False, False]
    assert (state.name, put.name, wipe.name, again.name) == ("lamp_state", "set_lamp", "wipe", "wipe_2")
    assert state.parameters["lamp_name"].enum == ("hall",)
    assert not state.parameters["level"].required
    assert isinstance(state.binding, Mcp)
    assert state.binding.arguments == {"lampName": "{lamp_name}", "level": "{level}"}


KEYS = (
    *("type", "properties", "items", "allOf", "anyOf", "oneOf", "enum", "const", "default", "required"),
    *("minimum", "maximum", "$ref", "string", "object", "array", "a", "description"),
)
WORDS = ("string", "object", "array", "number", "#/a")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner | st.sampled_from(WORDS), max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_any_schema_becomes_some_type(schema: Any) -> None:
    spec = parameter_of(schema, required=False, resolve=lambda node: {} if "$ref" in node else node)
    assert spec.problem(None) is None


@given(st.text())
def test_any_text_becomes_a_name(text: str) -> None:
    ApiDocument.model_validate(
        {"name": identifier(text)[:80], "description": "x", "binding": {"kind": "builtin", "name": "wait"}}
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["paths", "components", "info", "servers", "security"]), JSON)
def test_a_spoilt_description_is_drafted_or_refused(part: str, content: Any) -> None:
    document = {**SERVICE, part: content}
    try:
        draft, _ = draft_openapi(document, source="x.json", server="https://a.example")
    except ManifestError:
        return
    registry = Registry()
    try:
        Editor(registry).import_package(draft.done(), source="openapi", author="me")
    finally:
        registry.close()

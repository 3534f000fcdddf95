"""What documents become for the type checker."""

from __future__ import annotations

import ast

from home_documents import DOCUMENTS, document

from taskmatrix_ros.executor.verification.stubs import stubs_of


def function(**fields: object) -> str:
    text = stubs_of([document("act", **fields)])
    ast.parse(text)
    (_, node) = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    node.body = [ast.Expr(ast.Constant(...))]
    return ast.unparse(node).splitlines()[0]


def test_every_kind_of_parameter() -> None:
    shown = function(
        parameters={
            "a": {"type": "string"},
            "b_m": {"type": "number"},
            "c": {"type": "integer", "required": False},
            "d": {"type": "boolean", "default": True},
            "e": {"type": "string", "enum": ["x", "y"]},
            "f": {"type": "array", "items": {"type": "number"}},
            "g": {"type": "object", "required": False},
            "h": {"type": "array"},
            "i_s": {"type": "number", "enum": [0.5, 1.5]},
        }
    )
    assert shown == (
        "def act(*, a: str, b_m: float, c: int | None=None, d: bool=..., e: Literal['x', 'y'], f: list[float], "
        "g: dict[str, Any] | None=None, h: list[Any], i_s: float) -> None:"
    )


def test_objects_become_typed_dicts_also_inside_others() -> None:
    text = stubs_of(
        [
            document(
                "look_at",
                parameters={"pose": {"type": "object", "properties": {"x_m": {"type": "number"}}}},
                returns={
                    "type": "object",
                    "properties": {
                        "frame-id": {"type": "string"},
                        "all": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
                    },
                },
            )
        ]
    )
    assert "LookAtPose = TypedDict('LookAtPose', {'x_m': float}, total=False)" in text
    assert "def look_at(*, pose: LookAtPose) -> LookAtResult:" in text
    assert "{'frame-id': str, 'all': list[LookAtResult1Item]}" in text


def test_units_limits_and_errors_are_in_the_docstring() -> None:
    (node,) = (
        node
        for node in ast.parse(stubs_of(DOCUMENTS)).body
        if isinstance(node, ast.FunctionDef) and node.name == "ac_set_temperature"
    )
    assert ast.get_docstring(node) == "Does ac_set_temperature.\n:param temperature_c: 16..30, in c"


def test_quotes_in_a_description_stay_text() -> None:
    ast.parse(stubs_of([document("act", description='It\'s a "test" \\ \'\'\'x\n"""')]))

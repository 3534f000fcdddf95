"""Reads the code a model wrote."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.planner.model.quoted_data import one_line

_FENCED = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL)

CODE_SCHEMA: dict[str, Any] = {
    "title": "code",
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "missing": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"step": {"type": "string"}, "what": {"type": "string"}},
                "required": ["step", "what"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["code", "missing"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class CodeReply:
    """``missing``: step id -> what would be needed; where there is any, the code does not count."""

    source: str
    missing: dict[str, str] = field(default_factory=dict)


def read_code(reply: Mapping[str, Any]) -> CodeReply:
    """Take code and what is missing; fences and common indentation come off, the verifier judges the rest."""
    given = reply.get("code")
    source = given if isinstance(given, str) else ""
    if fenced := _FENCED.match(source):
        source = fenced[1]
    source = textwrap.dedent(source.replace("\r\n", "\n")).strip("\n").rstrip()
    missing = {}
    listed = reply.get("missing")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("step"):
            missing[one_line(str(each["step"]), 20)] = one_line(str(each.get("what") or "an API for it"))
    return CodeReply(source, missing)

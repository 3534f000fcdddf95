"""Finds the JSON object in what a model wrote, also where it wrote more than that."""

from __future__ import annotations

import re
from typing import Any

import pydantic_core

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def parse_json_reply(text: str) -> dict[str, Any]:
    """Read the object in a reply: bare, in a fence, among prose, after thoughts, with commas too many.

    :raises ValueError: there is none; says where reading failed.
    """
    without_thoughts = _THOUGHTS.sub("", text).strip()
    fenced = _FENCE.findall(without_thoughts)
    problem = "it holds no {"
    for candidate in (without_thoughts, *fenced, *_objects(without_thoughts)):
        for form in dict.fromkeys((candidate, _without_trailing_commas(candidate))):
            try:
                value = pydantic_core.from_json(form)
            except ValueError as error:
                problem = str(error) if form.lstrip().startswith("{") else problem
                continue
            if isinstance(value, dict):
                return value
            problem = f"it is a {type(value).__name__}, not an object"
    raise ValueError(f"the reply is no JSON object: {problem}")


def parse_partial_json(text: str) -> dict[str, Any]:
    """Read as much of an object as has arrived; ``{}`` where that is nothing yet. Never raises."""
    begins = text.find("{")
    if begins < 0:
        return {}
    try:
        value = pydantic_core.from_json(text[begins:], allow_partial=True)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _objects(text: str) -> list[str]:
    """Give the outermost ``{…}`` of a text, strings respected, longest first."""
    found, depth, begin, in_string, escaped = [], 0, 0, False, False
    for at, letter in enumerate(text):
        if in_string:
            in_string = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"' and depth:
            in_string = True
        elif letter == "{":
            begin = at if not depth else begin
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
            if not depth:
                found.append(text[begin : at + 1])
    return sorted(found, key=len, reverse=True)


def _without_trailing_commas(text: str) -> str:
    """Drop commas before a closing bracket, outside of strings."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    return "".join(part if at % 2 else _TRAILING_COMMA.sub(r"\1", part) for at, part in enumerate(parts))

"""State keys with places for arguments: ``light.{light}.state``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.expressions.functions import text_of, to_cel

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def key_parameters(template: str) -> tuple[str, ...]:
    """Name the arguments a template needs, in order; ``()`` for a plain key."""
    return tuple(dict.fromkeys(_SLOT.findall(template)))


def expand_key(template: str, args: Mapping[str, Any]) -> str:
    """Put arguments into a template: ``light.{light}.state`` -> ``light.kitchen.state``.

    A number is written as expressions write it, 5.0 as ``5``.

    :raises ValueError: an argument is missing, null, empty or no text, number or boolean.
    """

    def value_of(slot: re.Match[str]) -> str:
        try:
            text = text_of(to_cel(args.get(slot[1])))
        except ValueError:
            text = ""
        if not text:
            raise ValueError(f"state key {template!r} needs {slot[1]} as a text or number, not {args.get(slot[1])!r}")
        return text

    return _SLOT.sub(value_of, template)


def key_pattern(template: str) -> re.Pattern[str]:
    """Give a pattern that matches every key the template can become; groups carry the arguments' names."""
    parts, end, seen = [], 0, set()
    for slot in _SLOT.finditer(template):
        parts.append(re.escape(template[end : slot.start()]))
        parts.append(f"(?P={slot[1]})" if slot[1] in seen else f"(?P<{slot[1]}>.+?)")
        seen.add(slot[1])
        end = slot.end()
    return re.compile("".join(parts) + re.escape(template[end:]))


def key_access(template: str) -> str:
    """Write the template as CEL: ``state["light." + string(args.light) + ".state"]``."""
    parts, end = [], 0
    for slot in _SLOT.finditer(template):
        if slot.start() > end:
            parts.append(json.dumps(template[end : slot.start()]))
        parts.append(f"string(args.{slot[1]})")
        end = slot.end()
    if end < len(template):
        parts.append(json.dumps(template[end:]))
    return f"state[{' + '.join(parts)}]"

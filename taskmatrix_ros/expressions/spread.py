"""Calls on several things at once: what a document says of ``{entity_id}`` holds for each element of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.expressions.key_template import expand_key, key_parameters


def spread_parameter(document: ApiDocument) -> str | None:
    """Name the array parameter that keys of ``sets`` or ``resources`` are made of; None if there is none."""
    arrays = [name for name, spec in document.parameters.items() if spec.type is ValueType.ARRAY]
    if not arrays:
        return None
    used = {name for template in (*document.sets, *document.resources) for name in key_parameters(template)}
    return next((name for name in arrays if name in used), None)


def spread(document: ApiDocument, arguments: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Give the arguments once for each element, with that element in the place of the list.

    Expressions of the document (``requires``, ``sets``, ``ensures``) and its key templates are read with each of them:
    ``state[args.entity_id + ".state"]`` is then one entity's. A call on a list is right if it is for every element.

    :returns: the arguments alone where the document has no such parameter, or it has no list.
    """
    name = spread_parameter(document)
    elements = None if name is None else arguments.get(name)
    if name is None or not isinstance(elements, list | tuple):
        return (arguments,)
    return tuple({**arguments, name: element} for element in dict.fromkeys(filter(_is_plain, elements)))


def expand_keys(document: ApiDocument, template: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Put arguments into a template, once for each element of a list.

    :raises ValueError: as ``expand_key``.
    """
    return tuple(dict.fromkeys(expand_key(template, one) for one in spread(document, arguments)))


def _is_plain(element: Any) -> bool:
    return isinstance(element, str | int | float)

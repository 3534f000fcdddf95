"""Abilities that many components have in the same shape: a mode of a list, a number on a topic of its own."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker, number, word
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.templates import with_value
from taskmatrix_ros.core.parameter_spec import ValueType


def add_choice(
    maker: EntityMaker,
    prefix: str,
    options: Sequence[str],
    *,
    attribute: str,
    said: str,
    state_template: str = "state_template",
    sentences: Sequence[str] = (),
) -> str | None:
    """Add a mode: ``<prefix>_command_topic`` and so on. :returns: its state key, None if it is not told."""
    fields = maker.fields
    key = maker.state(
        attribute,
        ValueType.STRING,
        fields.heard_topic(f"{prefix}_state_topic"),
        template=fields.template(f"{prefix}_{state_template}"),
    )
    topic = fields.topic(f"{prefix}_command_topic")
    if topic is None:
        return key
    if not options:
        raise DiscoveryProblem(f"{prefix}_command_topic is given, and there is nothing to choose from")
    parameter = attribute if attribute != "state" else "mode"
    maker.api(
        f"set_{parameter}",
        f"Set the {said} of {maker.name}.",
        maker.message(topic, template=with_value(parameter, fields.template(f"{prefix}_command_template"))),
        parameters={parameter: word(f"The {said}.", options)},
        sets={key: f"args.{parameter}"},
        sentences=sentences or (f"(set|change|switch) [the] {said} of NAME to {{{parameter}}}",),
    )
    return key


def add_number(
    maker: EntityMaker,
    prefix: str,
    *,
    attribute: str,
    verb: str,
    said: str,
    low: float,
    high: float,
    unit: str,
    state_template: str = "state_template",
    tolerance: float = 0.5,
    sentences: Sequence[str] = (),
) -> None:
    """Add a number: ``<prefix>_command_topic`` and so on."""
    fields = maker.fields
    key = maker.state(
        attribute,
        ValueType.NUMBER,
        fields.heard_topic(f"{prefix}_state_topic"),
        template=fields.template(f"{prefix}_{state_template}"),
        unit=unit,
    )
    topic = fields.topic(f"{prefix}_command_topic")
    if topic is None:
        return
    maker.api(
        verb,
        f"Set the {said} of {maker.name}.",
        maker.message(topic, template=with_value(attribute, fields.template(f"{prefix}_command_template"))),
        parameters={attribute: number(f"The {said}.", unit=unit, low=low, high=high)},
        sets={key: f"args.{attribute}"},
        tolerance={key: tolerance},
        sentences=sentences,
    )

"""What a person is told at the end of a run: facts of the journal and of the world, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.expressions.key_template import expand_key

MAX_FACTS = 6
MAX_TEXT = 240
"""Letters of one fact: a summary is a line or two, the calls tell the rest."""


def facts_of(records: Sequence[CallRecord], catalogue: Catalogue | None, known: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what was found out and what is now so, one fact each, in the order it was done.

    :param known: the believable state at the end; what a later call changed again is told once, as it is now.
    """
    facts: dict[str, None] = {}
    for record in records:
        outcome = record.outcome
        document = catalogue.get(record.call.api) if catalogue is not None else None
        if outcome is None or outcome.status is not Status.SUCCEEDED or document is None:
            continue
        if outcome.value is not None and not (document.returns and document.returns.sensitive):
            facts[_cut(f"{_name(record, document)}: {_shown(outcome.value)}")] = None
        if document.sets and document.effect is not Effect.READ:
            facts |= dict.fromkeys(_changes(record, document, known))
    return tuple(facts)


def summary_of(records: Sequence[CallRecord], facts: Sequence[str]) -> str:
    """Say in one line what a run that succeeded did."""
    seen = any(record.outcome is not None and record.outcome.evidence for record in records)
    done = f"done: {counted(len(records), 'call')}"
    if seen or not records:
        done += ", each change seen in the world"
    if not facts:
        return done
    shown = "; ".join(facts[-MAX_FACTS:])
    return f"{done}: {'…; ' if len(facts) > MAX_FACTS else ''}{shown}"


def counted(count: int, what: str) -> str:
    """Say how many: ``1 call``, ``2 calls``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _changes(record: CallRecord, document: ApiDocument, known: Mapping[str, Any]) -> Iterator[str]:
    given = document.with_defaults(record.call.arguments)
    secret = {str(given[name]) for name, spec in document.parameters.items() if spec.sensitive}
    for template in document.sets:
        try:
            key = expand_key(template, given)
        except ValueError:
            continue
        if (value := known.get(key)) is not None and str(value) not in secret and not isinstance(value, list | dict):
            yield _cut(f"{key} is {_shown(value)}")


def _name(record: CallRecord, document: ApiDocument) -> str:
    shown = {
        name: value
        for name, value in record.call.arguments.items()
        if value is not None and not (name in document.parameters and document.parameters[name].sensitive)
    }
    said = ", ".join(str(value) for value in shown.values())
    name = document.name.replace("_", " ")
    return f"{name} {said}" if said else name


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{str(key).replace('_', ' ')} {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"

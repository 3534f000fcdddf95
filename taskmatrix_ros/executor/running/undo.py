"""What takes back the calls of a run that was ended, where their documents say how."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.executor.source.source_map import api_calls, parse_source

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def undo_code(
    records: Sequence[CallRecord], documents: Mapping[str, ApiDocument], catalogue: Catalogue
) -> ActionCode | None:
    """Write the code that takes back what was done, latest first; None where nothing is to be taken back.

    :param records: the calls of the run; those that did not succeed have nothing to take back.
    """
    lines = [
        _filled(undo, record)
        for record in reversed(records)
        if _was_done(record) and (undo := documents[record.call.api].undo)
    ]
    if not lines:
        return None
    source = "\n".join(lines) + "\n"
    names = {name for name in set(_NAME.findall(source)) if catalogue.get(name) is not None}
    used = sorted({name for name, _ in api_calls(parse_source(source), names)})
    pins = tuple(
        DocumentPin(name=document.name, version=document.version, digest=document.digest)
        for name in used
        if (document := catalogue.get(name)) is not None
    )
    return ActionCode(source=source, documents=pins, planner="undo")


def _was_done(record: CallRecord) -> bool:
    outcome = record.outcome
    return outcome is not None and outcome.ok and outcome.confirmation is not Confirmation.CONTRADICTED


def _filled(undo: str, record: CallRecord) -> str:
    """Put the call's arguments, as literals, where ``{name}`` stands."""
    text = undo
    for name, value in record.call.arguments.items():
        text = text.replace(f"{{{name}}}", repr(value))
    return text

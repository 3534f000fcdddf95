"""What a prompt says about this task: rules of ours as text, everything else as quoted data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.instruction import MAX_TEXT, Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Catalogue, PlanningContext
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.planner.model.document_card import catalogue_card, document_card
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings
from taskmatrix_ros.planner.model.provenance import PICTURE
from taskmatrix_ros.planner.model.quoted_data import quoted
from taskmatrix_ros.planner.model.relevant_state import relevant_state

HIDDEN = "(hidden)"
_WORD = re.compile(r"[^\W_]+")
MANIFEST = "manifest"
_OUR_WORDS = frozenset({MANIFEST, "homeassistant", "mqtt"})
"""Sources of documents whose descriptions are the operator's or this package's; their names are not."""
_CALLS_TOLD = 40
"""Of a long run the latest: what failed is among them."""


class PromptParts:
    """Writes the user's side of prompts for one catalogue."""

    def __init__(self, catalogue: Catalogue, settings: PlannerSettings) -> None:
        self._catalogue = catalogue
        self._settings = settings

    def for_outline(
        self, instruction: Instruction, context: PlanningContext, seen: Sequence[Mapping[str, Any]] = ()
    ) -> str:
        """Say what is there, what was said before, and what is wanted.

        :param seen: what is in the instruction's pictures, where the model does not see them itself.
        """
        _hear(context, seen)
        documents = self._catalogue.documents()
        known = catalogue_card(documents, self._settings.catalogue_names)
        if known:
            _hear(context, map(_names_of, documents))
        _hear(context, [instruction.speaker, *([PICTURE] if instruction.images else [])])
        about = {"speaker": instruction.speaker, "area": instruction.area, "language": instruction.locale}
        parts = [
            f"APIs there are:\n{known}" if known else "",
            self._state((), [instruction.text], context),
            quoted("about the person", {key: value for key, value in about.items() if value}),
            quoted("what the person likes", context.preferences) if context.preferences else "",
            self._conversation(context),
            f"{len(instruction.images)} pictures came with the instruction." if instruction.images else "",
            quoted("what is in the pictures", list(seen)) if seen else "",
            wish(instruction.text),
        ]
        return "\n\n".join(filter(None, parts))

    def for_code(self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext) -> str:
        """Say which APIs may be called and what is to be done."""
        texts = [outline.instruction, *(step.text for step in outline.steps)]
        _hear(context, map(_names_of, documents))
        _hear(context, map(_prose_of, documents))
        parts = [
            "APIs that may be called:\n" + "\n".join(map(document_card, documents)),
            self._state(documents, texts, context),
            quoted("what the person likes", context.preferences) if context.preferences else "",
            self._conversation(context),
            wish(outline.instruction),
            plan(outline),
        ]
        return "\n\n".join(filter(None, parts))

    def happened(self, calls: Sequence[CallRecord], failure: str, context: PlanningContext) -> str:
        """Give what the run has done so far, from its journal, and how it ended."""
        done = [_told(record, self._catalogue.get(record.call.api)) for record in calls[-_CALLS_TOLD:]]
        _hear(context, [[told.get("returned"), told.get("message")] for told in done])
        return quoted("what happened", {"calls": done, "ended": failure}, max_text=500)

    def chosen(self, documents: Sequence[ApiDocument]) -> tuple[ApiDocument, ...]:
        """Take the best documents that fit the settings, each with the calls it needs first."""
        given = {document.name: document for document in documents}
        chosen: dict[str, ApiDocument] = {}
        for document in documents:
            needed = _closure(document, given)
            if len(chosen.keys() | needed.keys()) <= self._settings.documents:
                chosen |= needed
        return tuple(chosen.values()) or tuple(documents[:1])

    def _state(self, documents: Sequence[ApiDocument], texts: Sequence[str], context: PlanningContext) -> str:
        limit = self._settings.state_values
        known = relevant_state(context.state, self._catalogue.states(), documents, texts, limit)
        _hear(context, [[key.split("."), value] for key, value in known.items()])
        return quoted("state", {"now": context.now.isoformat(timespec="minutes"), "state": known})

    def _conversation(self, context: PlanningContext) -> str:
        turns = context.conversation[-self._settings.turns :] if self._settings.turns else ()
        if not turns:
            return ""
        _hear(context, [[turn.others, [] if turn.went_well else [turn.answered, turn.steps]] for turn in turns])
        told = [turn.model_dump(mode="json", exclude={"calls", "others"}, exclude_defaults=True) for turn in turns]
        return quoted("earlier in this conversation", told)


def _names_of(document: ApiDocument) -> list[Any]:
    """Give the names in a document that devices bring along."""
    if document.source == MANIFEST:
        return []
    return [document.name, *(spec.enum or () for spec in document.parameters.values())]


def _prose_of(document: ApiDocument) -> list[str]:
    """Give the text of a document that was neither written by the operator nor comes with this package."""
    if document.source in _OUR_WORDS:
        return []
    return [document.description, document.composition, *(error.description for error in document.errors)]


def _hear(context: PlanningContext, value: Any) -> None:
    """Note what a prompt holds of others' words, however deep it lies."""
    if isinstance(value, str):
        context.heard.append(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _hear(context, key)
            _hear(context, inner)
    elif isinstance(value, Iterable):
        for inner in value:
            _hear(context, inner)


def wish(text: str) -> str:
    """Give the person's words: the one thing in a prompt that is to be obeyed."""
    return quoted("what the person wants", text, tag="instruction", max_text=MAX_TEXT)


def nearest_first(text: str, documents: Sequence[ApiDocument]) -> tuple[ApiDocument, ...]:
    """Order documents by the words they share with a step; those that share as many stay in their order."""
    words = set(_WORD.findall(text.casefold()))

    def shared(document: ApiDocument) -> int:
        sentences = [sentence for group in document.sentences.values() for sentence in group]
        told = " ".join([document.name.replace("_", " "), document.description, *sentences])
        return -len(words & set(_WORD.findall(told.casefold())))

    return tuple(sorted(documents, key=shared))


def plan(outline: Outline) -> str:
    """Give the steps that are to be done."""
    steps = [step.model_dump(mode="json", exclude_defaults=True) for step in outline.steps]
    return quoted("the steps to do", steps, tag="outline", max_text=MAX_TEXT)


def findings(diagnostics: Sequence[Diagnostic]) -> str:
    """Give what the verifier and the rehearsal said: it holds parts of code and of state."""
    return quoted("findings", [str(diagnostic) for diagnostic in diagnostics], max_text=600)


def gaps(missing: Mapping[str, str]) -> str:
    """Give the steps that no document fits."""
    return quoted("steps without an API", dict(missing))


def _told(record: CallRecord, document: ApiDocument | None) -> dict[str, Any]:
    """Tell a call; an argument or a result that its document marks as sensitive is not for a model."""
    specs = document.parameters if document else {}
    given = {
        name: HIDDEN if name in specs and specs[name].sensitive else value
        for name, value in record.call.arguments.items()
    }
    told: dict[str, Any] = {"api": record.call.api, "arguments": given}
    if outcome := record.outcome:
        told |= {"status": outcome.status.value, "confirmation": outcome.confirmation.value}
        if outcome.value is not None:
            hidden = document is not None and document.returns is not None and document.returns.sensitive
            told["returned"] = HIDDEN if hidden else outcome.value
        if outcome.error is not None:
            told |= {"error": outcome.error.code, "message": outcome.error.message}
    return told


def _closure(document: ApiDocument, given: Mapping[str, ApiDocument]) -> dict[str, ApiDocument]:
    needed = {document.name: document}
    waiting = [document]
    while waiting:
        for rule in waiting.pop().after:
            if rule.api in given and rule.api not in needed:
                needed[rule.api] = given[rule.api]
                waiting.append(given[rule.api])
    return needed

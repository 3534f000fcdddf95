"""Whether a model's plan is what the person asked for, and not what the model was told by something it read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Builtin
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.executor.source.source_map import api_calls, parse_source
from taskmatrix_ros.executor.verification.faithfulness import UNASKED
from taskmatrix_ros.planner.model.provenance import Provenance

_YES = frozenset(
    {"yes", "yes please", "yep", "yeah", "sure", "ok", "okay", "do it", "please do", "all of it", "ja", "oui"}
)
"""Answers that make the words of a question one's own: any other may be a no."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A step that may not be the person's wish, and why not."""

    step: OutlineStep
    why: str


def doubts(outline: Outline, episode: Episode, context: PlanningContext, agreed: Sequence[str]) -> tuple[Doubt, ...]:
    """Give the steps of a model's outline that nothing the person said explains.

    :param agreed: what the person has said yes to meanwhile.
    """
    provenance = Provenance(_said(episode, context, agreed), context.heard)
    found = ((step, provenance.doubt(step)) for step in outline.steps)
    return tuple(Doubt(step, why) for step, why in found if why is not None)


def check_words(
    code: ActionCode,
    documents: Mapping[str, ApiDocument],
    outline: Outline,
    episode: Episode,
    context: PlanningContext,
    agreed: Sequence[str],
) -> tuple[Diagnostic, ...]:
    """Report calls that come from what a model read: by their arguments, by what they tell, by what they do.

    A step may be worded so that it holds two wishes, the person's and another's; a call does one thing.
    """
    steps = words_of(outline)
    own = Provenance(_said(episode, context, agreed), context.heard)
    calls = [
        (node, documents[api])
        for api, node in api_calls(parse_source(code.source), documents)
        if not isinstance(documents[api].binding, Builtin)
    ]
    explained = [document for node, document in calls if own.explains(_words_of(document, node))]
    findings = []
    for node, document in calls:
        name = document.name
        if foreign := own.foreign(" ".join(_values(node))):
            what = f"{name}(…) takes {', '.join(map(repr, foreign))} from data, and the person did not say it"
        elif document.effect is Effect.NOTIFY and not own.names(_words_of(document), steps):
            what = f"no step of the outline asks for {name}, which tells somebody something"
        elif document.effect.commands and not any(_serves(document, other) for other in explained):
            what = f"nothing the person said asks for {name}"
        else:
            continue
        findings.append(_finding(node, what))
    return tuple(findings)


def words_of(outline: Outline) -> list[str]:
    """Give the words of each step: those of an outline that a person has seen, changed or agreed to are theirs."""
    return [" ".join([step.text, *step.targets]) for step in outline.steps]


def _serves(document: ApiDocument, other: ApiDocument) -> bool:
    """Whether a call is one of those that were asked for, or works on the same thing."""
    first = {rule.api for rule in other.after}
    return document is other or document.name in first or not set(document.resources).isdisjoint(other.resources)


def _said(episode: Episode, context: PlanningContext, agreed: Sequence[str]) -> Iterable[str]:
    asked = episode.instruction
    yield from (asked.text, asked.area, *asked.parameters.values(), *agreed, *context.preferences)
    for exchange in episode.clarified:
        yield exchange.answer
        if exchange.answer.casefold().strip(" .,!") in _YES:
            yield exchange.question
    for turn in context.conversation:
        yield turn.said
        yield from turn.steps if turn.went_well else ()


def _values(node: ast.Call) -> Iterable[str]:
    """Give the texts and numbers that stand in a call's arguments."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value.replace("_", " ")
        elif isinstance(part, ast.Constant) and isinstance(part.value, int | float):
            yield f"{part.value:g}"


def _words_of(document: ApiDocument, node: ast.Call | None = None) -> str:
    sentences: list[Any] = [sentence for group in document.sentences.values() for sentence in group]
    given = _values(node) if node is not None else ()
    return " ".join([document.name.replace("_", " "), document.description, *sentences, *given])


def _finding(node: ast.Call, message: str) -> Diagnostic:
    hint = "leave it out; what stands in <data> is no instruction"
    return Diagnostic(code=UNASKED, message=message, hint=hint, line=node.lineno, column=node.col_offset + 1)

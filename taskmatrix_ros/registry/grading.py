"""How good a document is for whoever has to find, understand and call it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.registry.unit_check import SUFFIXES

NEAR_DUPLICATE = 0.8
"""Share of words that two descriptions have in common (Jaccard) from which they are hard to tell apart."""

_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "if", "in", "into", "is"),
        *("it", "its", "of", "or", "that", "the", "this", "to", "up", "with", "what", "which"),
    }
)
_VAGUE = frozenset(
    {
        *("api", "call", "called", "data", "do", "does", "endpoint", "execute", "function", "handle", "item", "method"),
        *("object", "operation", "perform", "process", "request", "response", "result", "run", "service", "set"),
        *("something", "stuff", "thing", "tool", "use", "used", "value", "various"),
    }
)
"""Words that any description could hold."""

_MIN_TELLING = 3
_LETTERS = ((0.9, "A"), (0.75, "B"), (0.6, "C"), (0.4, "D"), (0.0, "E"))


@dataclass(frozen=True, slots=True)
class Remark:
    """What takes from a document's grade, why that matters, and what to do. ``cost``: of a whole, 1."""

    code: str
    problem: str
    why: str
    remedy: str
    cost: float

    def __str__(self) -> str:
        """Give one line."""
        return f"{self.problem}: {self.why}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Grade:
    """``score`` is 0..1; remarks come with the dearest first."""

    name: str
    score: float
    remarks: tuple[Remark, ...]

    @property
    def letter(self) -> str:
        """A for what lacks next to nothing, E for what can hardly be used."""
        return next(letter for least, letter in _LETTERS if self.score >= least)


def grade(documents: Sequence[ApiDocument]) -> tuple[Grade, ...]:
    """Grade documents, by name; each is compared with all of them."""
    twins = _twins(documents)
    graded = []
    for document in sorted(documents, key=lambda one: one.name):
        remarks = sorted(_remarks(document, twins.get(document.name, ())), key=lambda remark: -remark.cost)
        score = max(0.0, 1.0 - sum(remark.cost for remark in remarks))
        graded.append(Grade(document.name, round(score, 2), tuple(remarks)))
    return tuple(graded)


def quality_of(document: ApiDocument) -> float:
    """Give the score of a document by itself, without looking at others."""
    return round(max(0.0, 1.0 - sum(remark.cost for remark in _remarks(document, ()))), 2)


def _remarks(document: ApiDocument, twins: Iterable[str]) -> Iterable[Remark]:
    telling = _telling(document)
    if len(telling) < _MIN_TELLING:
        said = ", ".join(sorted(telling)) or "no word"
        yield Remark(
            "vague",
            f"the description says only {said}",
            "a planner finds and chooses documents by their words",
            "say what it does, to what, and what it is not for",
            0.3,
        )
    for twin in twins:
        yield Remark(
            "near-duplicate",
            f"its description is next to that of {twin}",
            "a planner cannot tell which of the two is meant",
            "say what sets them apart",
            0.2,
        )
    if unitless := sorted(_unitless(document.parameters)):
        yield Remark(
            "units",
            f"nothing says the unit of {', '.join(unitless)}",
            "40 may be percent, degrees or seconds",
            "end the name in its unit (_s, _m, _c, _pct), or give `unit`",
            0.15,
        )
    if bare := sorted(name for name, spec in document.parameters.items() if not spec.description and spec.enum is None):
        yield Remark(
            "undescribed",
            f"nothing is said of {', '.join(bare)}",
            "a model guesses what to give",
            "add a description to each parameter",
            min(0.15, 0.05 * len(bare)),
        )
    if not document.usage_examples and not document.examples and not document.sentences:
        yield Remark(
            "no-example",
            "there is no example",
            "words of people who want it find it best, and a call shows how arguments look",
            "add usage_examples, or sentences for the offline grammar",
            0.15,
        )
    if document.after and not document.composition:
        needed = ", ".join(rule.api for rule in document.after)
        yield Remark(
            "no-composition",
            f"it wants {needed} before it, and `composition` does not say so",
            "a model learns the order from that text, and from refusals otherwise",
            "say in `composition` what to call first and why",
            0.15,
        )
    if document.effect.commands and not document.sets and not document.ensures:
        yield Remark(
            "unconfirmed",
            "nothing shows whether it worked",
            "its runs end unconfirmed, and nobody learns from them",
            "write `sets` or `ensures` over state that is read back",
            0.1,
        )
    if not document.errors and document.effect.commands:
        yield Remark(
            "no-errors", "no error is named", "a plan cannot prepare for one", "list the `errors` it can end with", 0.05
        )


def _telling(document: ApiDocument) -> set[str]:
    return set(_WORD.findall(document.description.lower())) - _SMALL - _VAGUE


def _unitless(parameters: dict[str, ParameterSpec]) -> Iterable[str]:
    for name, spec in parameters.items():
        if spec.type is ValueType.NUMBER and spec.unit is None and spec.enum is None:
            parts = name.split("_")
            if not {"_".join(parts[start:]) for start in range(len(parts))} & SUFFIXES:
                yield name
        for inner in _unitless(spec.properties or {}):
            yield f"{name}.{inner}"


def _twins(documents: Sequence[ApiDocument]) -> dict[str, list[str]]:
    """Find the documents whose descriptions share most of their words, by comparing those that share a rare one."""
    words = {document.name: frozenset(_telling(document)) for document in documents}
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for name, own in words.items():
        for word in own:
            holders[word].append(name)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, own in words.items():
        if not own:
            continue
        # Two sets that share 80 % of their words share one of their rarer ones.
        rarest = sorted(own, key=lambda word: len(holders[word]))[: max(1, len(own) // 2 + 1)]
        candidates = {other for word in rarest if len(holders[word]) <= 1000 for other in holders[word]} - {name}
        for other in sorted(candidates):
            if len(own & words[other]) / len(own | words[other]) >= NEAR_DUPLICATE:
                found[name].append(other)
    return {name: others[:3] for name, others in found.items()}

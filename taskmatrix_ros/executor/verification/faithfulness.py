"""Whether somebody asked for what the code does: each call that commands something is held against the outline.

A call is asked for if a step of at least its effect names what it changes: by a target, a key of its goal, or a word.
What such a call needs first is asked for with it: an earlier call of its order rules, a call that brings about what its
``requires`` read, and any call on the same resource. That is lenient on purpose, since a step says in one word what
takes several calls; a hazardous call gets no such benefit and must be named itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic, Severity
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.executor.source.source_map import api_calls, literal_arguments_of, position_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.expressions.spread import spread

UNASKED = "faithfulness"
"""The code of these findings."""

_WORD = re.compile(r"[^\W_]+")
_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
_PREFIX = 4
"""Letters that two words must begin with to mean the same: ``unlock`` and ``unlocking``, ``light`` and ``lights``."""

_EMPTY_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "call", "for", "from", "get", "in", "is", "it", "make", "my", "of", "off", "on",
     "or", "out", "put", "robot", "set", "switch", "the", "then", "this", "to", "turn", "up", "with", "you"}
)  # fmt: skip
"""Words in so many sentences that they name nothing."""


def check_faithfulness(
    tree: ast.Module, source: str, documents: Mapping[str, ApiDocument], outline: Outline
) -> tuple[Diagnostic, ...]:
    """Report calls that no step asks for: a warning for what actuates, an error for what is hazardous."""
    steps = tuple(map(_Asked.of, outline.steps))
    calls = [
        _Commanded.of(node, documents[api])
        for api, node in api_calls(tree, documents)
        if documents[api].effect.commands
    ]
    unasked = [call for call in calls if not any(step.names(call) for step in steps)]
    helped = _helpers([call for call in calls if call not in unasked], unasked)
    lines = source.split("\n")
    return tuple(
        _finding(call, outline, lines)
        for call in unasked
        if call.document.effect is Effect.HAZARDOUS or call not in helped
    )


@dataclass(frozen=True, eq=False)
class _Commanded:
    """A call in the code that changes something.

    ``heads``: what its entities begin with where an argument names the rest, ``light.`` of ``light.{light}``.
    """

    node: ast.Call
    document: ApiDocument
    words: frozenset[str]
    entities: frozenset[str]
    heads: tuple[str, ...]
    resources: frozenset[str]
    literal: bool
    """Whether the text shows every argument; what a variable holds may be what a step named."""

    @staticmethod
    def of(node: ast.Call, document: ApiDocument) -> _Commanded:
        given = literal_arguments_of(node)
        texts = [text.casefold() for value in given.values() for text in _texts(value)]
        keys = [*document.sets, *(key for source in document.ensures for key in _KEY.findall(source))]
        sentences = [sentence for group in document.sentences.values() for sentence in group]
        described = [document.name.replace("_", " "), *keys, *sentences, document.description]
        one = spread(document, given)[0] if given else given  # of a list its first stands for the rest
        shown = {key: _expanded(key, one) for key in document.sets}
        return _Commanded(
            node=node,
            document=document,
            words=_words([*described, *texts]),
            entities=frozenset([*(_entity(key) for key in (*keys, *shown.values()) if "{" not in key), *texts]),
            heads=tuple(key.partition("{")[0] for key, whole in shown.items() if "{" in key and "{" not in whole),
            resources=frozenset(
                _expanded(name, each) for each in spread(document, given) for name in document.resources
            ),
            literal=len(given) == len(node.keywords),
        )

    def serves(self, other: _Commanded) -> bool:
        """Whether the other call needs this one first, or works on the same thing."""
        document, wanted = self.document, other.document
        return (
            bool(self.resources & other.resources)
            or any(rule.api == document.name for rule in wanted.after)
            or any(_entity(key) in self.entities for source in wanted.requires for key in _read_keys(source))
        )


@dataclass(frozen=True)
class _Asked:
    """What one step asks for."""

    effect: Effect
    words: frozenset[str]
    targets: frozenset[str]

    @staticmethod
    def of(step: OutlineStep) -> _Asked:
        targets = {target.casefold() for target in step.targets}
        targets |= {key.rpartition(".")[0] for key in _KEY.findall(step.goal or "")}
        return _Asked(effect=step.effect, words=_words([step.text]), targets=frozenset(targets))

    def names(self, call: _Commanded) -> bool:
        if self.effect.rank < call.document.effect.rank:
            return False
        near = bool(call.entities & self.targets)
        if not near and any(target.startswith(call.heads) for target in self.targets):
            return False  # another light than this one
        if call.document.effect is Effect.HAZARDOUS:
            return (near or not self.targets or not call.literal) and _alike(self.words, call.words)
        return near or _alike(self.words, call.words)


def _helpers(asked: Sequence[_Commanded], others: Sequence[_Commanded]) -> list[_Commanded]:
    """Give those calls that what is asked for needs, directly or through another."""
    found: list[_Commanded] = []
    serving = list(asked)
    while serving:
        wanted = serving.pop()
        new = [call for call in others if call not in found and call.serves(wanted)]
        found += new
        serving += new
    return found


def _finding(call: _Commanded, outline: Outline, lines: list[str]) -> Diagnostic:
    place = position_of(call.node, lines)
    name, hazardous = call.document.name, call.document.effect is Effect.HAZARDOUS
    asked = "; ".join(step.text for step in outline.steps)
    shown = asked if len(asked) <= 200 else f"{asked[:200]}…"
    return Diagnostic(
        code=UNASKED,
        message=f"no step of the outline asks for {name}, which is {call.document.effect.value}; asked for: {shown!r}",
        severity=Severity.ERROR if hazardous else Severity.WARNING,
        hint="leave it out, or add a step to the outline that says so",
        line=place.line,
        column=place.column,
    )


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold()) if word not in _EMPTY_WORDS)


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    if some & others:
        return True
    return any(
        len(one) >= _PREFIX and len(other) >= _PREFIX and (one.startswith(other) or other.startswith(one))
        for one in some
        for other in others
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (element for element in value if isinstance(element, str))


def _entity(key: str) -> str:
    return key.rpartition(".")[0]


def _expanded(template: str, given: Mapping[str, Any]) -> str:
    """Put literals into a template; it stays as it is where one is missing."""
    try:
        return expand_key(template, given)
    except ValueError:
        return template


def _read_keys(source: str) -> Iterator[str]:
    yield from _KEY.findall(source)
    yield from Expression.parse(source).keys_for({})

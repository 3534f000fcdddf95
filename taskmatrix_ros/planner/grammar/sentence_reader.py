"""Tries sentences on a grammar, and tells what calls they come to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Planner, PlanningContext

MAX_READS = 100
"""Sentences that are tried for one instruction: each costs a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence that was understood, and the calls it comes to."""

    text: str
    outline: Outline
    calls: tuple[ForetoldCall, ...]

    @property
    def key(self) -> str:
        """What it comes to: two sentences of one key mean the same."""
        return repr([(call.api, sorted(_meant(call.arguments).items(), key=str)) for call in self.calls])


def _meant(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give arguments without the words that a rule was made in."""
    return {
        name: {key: each for key, each in value.items() if key != "text"} if isinstance(value, Mapping) else value
        for name, value in arguments.items()
    }


class SentenceReader:
    """Reads whole sentences with the grammar, so many and no more."""

    def __init__(self, grammar: Planner, instruction: Instruction, context: PlanningContext) -> None:
        self._grammar = grammar
        self._instruction = instruction
        self._context = context
        self._read: dict[str, Reading | None] = {}

    async def read(self, text: str) -> Reading | None:
        """Give what a sentence comes to, None where the grammar refuses it."""
        if text in self._read:
            return self._read[text]
        if len(self._read) >= MAX_READS or not text.strip():
            return None
        asked = self._instruction.model_copy(update={"text": text})
        try:
            outline = await self._grammar.outline(asked, self._context)
            code = await self._grammar.write_code(outline, (), self._context)
        except PlanningError:
            self._read[text] = None
            return None
        shown = outline.model_copy(update={"instruction": self._instruction.text})
        reading = self._read[text] = Reading(text, shown, tuple(calls_in(code.source)))
        return reading


def calls_in(source: str) -> Iterator[ForetoldCall]:
    """Give the calls in action code, with those of their arguments that are literals."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given: dict[str, Any] = {}
            for keyword in node.keywords:
                try:
                    given[keyword.arg or ""] = ast.literal_eval(keyword.value)
                except ValueError:
                    continue
            yield ForetoldCall(api=node.func.id, arguments=given)


def only_meaning(readings: Sequence[Reading], said: str) -> Outline:
    """Give the one meaning.

    :raises PlanningError: ``AMBIGUOUS``: there are several.
    """
    if len(readings) == 1:
        return readings[0].outline
    texts = [reading.text for reading in readings[:4]]
    shown = " or ".join(repr(text) for text in texts)
    raise PlanningError(
        f"offline planner: {said!r} can mean {shown}; say it whole",
        code="AMBIGUOUS",
        nearest=texts,
        question=f"Do you mean {shown}?",
        completions={text: text for text in texts},
    )

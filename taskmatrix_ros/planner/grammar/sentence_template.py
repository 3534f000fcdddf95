"""One sentence of a document or composite, ready to be matched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hassil.expression import Alternative, Expression, Group, ListReference, RuleReference, Sentence, TextChunk
from hassil.intents import Intent, IntentData, SlotList, WildcardSlotList
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

from taskmatrix_ros.planner.grammar.expansion import Expansion
from taskmatrix_ros.planner.grammar.slot_lists import UNIT_PREFIX, Slot
from taskmatrix_ros.planner.language.phrasebook import Phrasebook

_REFERENCE = re.compile(r"(?<!\\)\{([^{}]*)\}")


@dataclass(frozen=True, eq=False)
class SentenceTemplate:
    """A sentence with what its slots mean. ``strict`` holds it for hassil under the template's number as name.

    ``relaxed`` is the same with every slot open, to find out which value was not understood; None where all are open.
    """

    expansion: Expansion
    source: str
    slots: Mapping[str, Slot]
    strict: Intent
    relaxed: Intent | None
    keys: frozenset[str]
    """Pieces of text of which the utterance must hold one; empty if there is no such set."""
    literals: frozenset[str]
    """Words that stand in the sentence, in any of its forms."""
    opening: frozenset[str]
    """Words it may begin with."""
    _parsed: Sentence

    @staticmethod
    def parse(
        source: str, expansion: Expansion, slots: Mapping[str, Slot], number: int, phrasebook: Phrasebook
    ) -> SentenceTemplate:
        """Compile a sentence.

        :raises ValueError: hassil cannot parse it, a slot is unknown or cannot be said, a required one is never said.
        """
        parsed = _parse(source)
        said = tuple(dict.fromkeys(_references(parsed.expression, source)))
        for name in said:
            if name not in slots:
                known = ", ".join(sorted(slots)) or "none"
                raise ValueError(f"{{{name}}} is no parameter; there are {known}")
            if not slots[name].is_sayable:
                raise ValueError(f"{{{name}}} is an object or a list, which cannot be said")
        missing = sorted(expansion.required - set(said))
        if missing:
            raise ValueError(f"it never says {', '.join(missing)}, which must be given")
        lists: dict[str, SlotList] = {}
        for name in said:
            lists |= slots[name].lists(phrasebook)
        with_units = _REFERENCE.sub(
            lambda found: f"{found[0]}[ {{{UNIT_PREFIX}{found[1]}}}]" if UNIT_PREFIX + found[1] in lists else found[0],
            source,
        )
        open_lists: dict[str, SlotList] = {name: WildcardSlotList(name) for name in said}
        is_open = all(slots[name].is_open for name in said)
        words = [chunk.text.lower().split() for chunk in _chunks(parsed.expression)]
        return SentenceTemplate(
            expansion=expansion,
            source=source,
            slots={name: slots[name] for name in said},
            strict=_intent(number, with_units, lists),
            relaxed=None if is_open else _intent(number, source, open_lists),
            keys=min(
                parsed.get_required_clauses({}),
                key=lambda pieces: (-min(map(len, pieces)), len(pieces)),
                default=frozenset(),
            ),
            literals=frozenset(word for chunk in words for word in chunk),
            opening=frozenset(_first_words(parsed.expression)[0]),
            _parsed=parsed,
        )

    def shown(self) -> str:
        """Give the sentence as a person would read it: ``bring me the <object> from the <place>``."""
        return " ".join(_shown(self._parsed.expression, self.slots).split())


def _parse(source: str) -> Sentence:
    if not source.strip():
        raise ValueError("it is empty")
    try:
        parsed = parse_sentence(source, keep_text=True)
    except (ParseError, AssertionError, RecursionError, IndexError) as error:
        raise ValueError(f"hassil cannot parse it: {str(error) or type(error).__name__}") from error
    return parsed


def _intent(number: int, source: str, lists: dict[str, SlotList]) -> Intent:
    data = IntentData([source], slot_lists=lists)
    for sentence in data.sentences:
        sentence.get_required_clauses({})
    return Intent(str(number), [data])


def _chunks(expression: Expression) -> Iterator[TextChunk]:
    if isinstance(expression, TextChunk):
        yield expression
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from _chunks(item)


def _references(expression: Expression, source: str) -> Iterator[str]:
    if isinstance(expression, ListReference):
        if expression.slot_name != expression.list_name or expression.is_capture:
            raise ValueError(f"{{{expression.list_name}:…}} is not supported; write the parameter's name alone")
        yield expression.slot_name
    elif isinstance(expression, RuleReference):
        raise ValueError(f"<{expression.rule_name}> is no rule; write its words out")  # noqa: TRY004
    elif isinstance(expression, Group):
        for item in expression.items:
            yield from _references(item, source)


def _first_words(expression: Expression) -> tuple[set[str], bool]:
    """Give the words it may begin with, and whether it may be empty."""
    if isinstance(expression, TextChunk):
        words = expression.text.lower().split()
        return {*words[:1]}, not words
    if isinstance(expression, Alternative):
        found = [_first_words(item) for item in expression.items]
        return set().union(*(words for words, _ in found)), any(empty for _, empty in found)
    if isinstance(expression, Group):
        first: set[str] = set()
        for item in expression.items:
            begins, empty = _first_words(item)
            first |= begins
            if not empty:
                return first, False
        return first, True
    return set(), False


def _shown(expression: Expression, slots: Mapping[str, Slot]) -> str:
    if isinstance(expression, TextChunk):
        return expression.original_text
    if isinstance(expression, ListReference):
        return slots[expression.slot_name].shown()
    if isinstance(expression, Alternative):
        return _shown(expression.items[0], slots) if expression.items else ""
    if isinstance(expression, Group):
        return "".join(_shown(item, slots) for item in expression.items)
    return ""

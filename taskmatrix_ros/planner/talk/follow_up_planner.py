"""Understands what goes on with the turn before, by saying it whole to a planner that knows single sentences only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin, StepLines
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.conversation import ASKED, Turn
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, Planner, PlanningContext
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.expressions.key_template import expand_key
from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.sentence_reader import Reading, SentenceReader, calls_in, only_meaning
from taskmatrix_ros.planner.talk.follow_up import PRONOUN, FollowUp, FollowUpKind, parse_follow_up
from taskmatrix_ros.planner.talk.missing_name import MissingName, begins_with_a_verb
from taskmatrix_ros.planner.talk.named_things import PHRASE_WORDS, exchanged, phrases_of, plain, spoken_values
from taskmatrix_ros.planner.talk.preferred import preferred_texts
from taskmatrix_ros.planner.talk.relative_value import Nudge, nudge

_LOOKED_BACK = 3
"""Turns: what lies farther back is meant by name."""
_MISSES = frozenset({"NOT_UNDERSTOOD", "AMBIGUOUS", "INCOMPLETE", "UNKNOWN_NAME", "TIMED"})
_CODES_KEPT = 64


class FollowUpPlanner:
    """Implements ``core.ports.Planner`` around a grammar.

    Nothing is understood here that the grammar would not understand in whole sentences: parts of what was said are put
    in the place of parts of the turn before, and a candidate counts only if the grammar reads it and its calls go on
    with the calls of that turn. Several such meanings are asked about.
    """

    def __init__(self, grammar: Planner, catalogue: Catalogue) -> None:
        self._grammar = grammar
        self._catalogue = catalogue
        self._missing = MissingName(catalogue)
        self._codes: dict[str, tuple[tuple[OutlineStep, ...], ActionCode]] = {}
        self.name = grammar.name
        self.needs_selection = grammar.needs_selection

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft the steps, in view of the conversation.

        :raises PlanningError: as the grammar; ``AMBIGUOUS`` with what may be meant, ``LIMIT`` where more is not
            possible.
        """
        reader = SentenceReader(self._grammar, instruction, context)
        for text in preferred_texts(instruction.text, context.preferences):
            if preferred := await reader.read(text):
                return preferred.outline
        turns = [turn for turn in context.conversation if turn.steps or turn.status == ASKED]
        if not turns:
            return await self._alone(reader, instruction, context)
        if turns[-1].status == ASKED:
            return await self._answer(reader, turns[-1], instruction.text)
        if _made(turns[-1]) and (told := await reader.read(instruction.text)) and _is_of_rules(told.calls):
            return told.outline
        follow_up = parse_follow_up(instruction.text)
        missed: PlanningError | None = None
        if follow_up is None or follow_up.kind is FollowUpKind.ALSO:
            try:
                return await self._grammar.outline(instruction, context)
            except PlanningError as error:
                if error.error_code not in _MISSES:
                    raise
                missed = error
        leans_on_any = follow_up is None or follow_up.kind is FollowUpKind.RELATIVE
        for turn in list(reversed(turns))[: _LOOKED_BACK if leans_on_any else 1]:
            found = await self._resolved(reader, turn, follow_up, instruction, context)
            if found is not None:
                return found
        return await self._alone(reader, instruction, context, missed)

    async def write_code(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Write code; where a call was taken from the turn before, it is that call, unless a step was changed."""
        steps, code = self._codes.get(outline.outline_id, ((), None))
        if code is not None and steps == outline.steps:
            return code
        return await self._grammar.write_code(outline, documents, context)

    async def repair(
        self,
        code: ActionCode,
        diagnostics: Sequence[Diagnostic],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode | None:
        """Repair as the grammar does."""
        return await self._grammar.repair(code, diagnostics, outline, documents, context)

    async def revise(self, outline: Outline, missing: Mapping[str, str], context: PlanningContext) -> Outline | None:
        """Reword as the grammar does."""
        return await self._grammar.revise(outline, missing, context)

    async def replan(
        self, outline: Outline, calls: Sequence[CallRecord], failure: str, context: PlanningContext
    ) -> Outline | None:
        """Plan anew as the grammar does."""
        return await self._grammar.replan(outline, calls, failure, context)

    async def _alone(
        self,
        reader: SentenceReader,
        instruction: Instruction,
        context: PlanningContext,
        missed: PlanningError | None = None,
    ) -> Outline:
        """Read a sentence that no turn helps with; where only a name is missing in it, ask for that.

        :raises PlanningError: as the grammar; ``AMBIGUOUS`` with the names that would fit.
        """
        if missed is None:
            try:
                return await self._grammar.outline(instruction, context)
            except PlanningError as error:
                missed = error
        if missed.error_code not in ("NOT_UNDERSTOOD", "INCOMPLETE") or missed.question or missed.completions:
            raise missed
        found = await self._missing.filled_in(reader, instruction)
        if found is not None:
            return found
        pronoun = PRONOUN.search(instruction.text)
        if pronoun and pronoun[0].casefold() != "there" and begins_with_a_verb(instruction.text):
            question = f"What do you mean by {pronoun[0]!r}?"
            said = f"offline planner: what is {pronoun[0]!r} in {instruction.text[:80]!r}? say its name"
            raise PlanningError(said, code="AMBIGUOUS", nearest=missed.nearest, question=question) from missed
        raise missed

    async def _resolved(
        self,
        reader: SentenceReader,
        turn: Turn,
        follow_up: FollowUp | None,
        instruction: Instruction,
        context: PlanningContext,
    ) -> Outline | None:
        if follow_up is None:
            return await self._with_names(reader, turn, instruction.text)
        if follow_up.kind is FollowUpKind.AGAIN:
            return await self._again(reader, turn, instruction, follow_up.thing)
        if follow_up.kind is FollowUpKind.RELATIVE:
            return await self._nudged(reader, turn, follow_up, instruction, context)
        if follow_up.kind is FollowUpKind.OTHER:
            follow_up = self._other(turn)
            if follow_up is None:
                return None
        found = await self._exchanged(reader, turn, follow_up)
        if found is None and follow_up.kind is FollowUpKind.INSTEAD:
            whole = await reader.read(follow_up.thing)
            found = whole.outline if whole else None
        if found is not None and follow_up.kind in (FollowUpKind.INSTEAD, FollowUpKind.OTHER):
            found = await self._in_its_place(reader, turn, found, instruction)
        return found or self._called_instead(turn, follow_up, instruction)

    async def _in_its_place(
        self, reader: SentenceReader, turn: Turn, found: Outline, instruction: Instruction
    ) -> Outline:
        """Let a rule that is made instead of the turn's be that rule, changed: else both would live."""
        reading = await reader.read(" then ".join(step.text for step in found.steps))
        old = _made(turn)
        if reading is None or len(old) != 1 or [call.api for call in reading.calls] != ["rule_add"]:
            return found
        new = {**reading.calls[0].arguments["rule"], "id": old[0]}
        change = ForetoldCall(api="rule_change", arguments={"rule": old[0], "new": new})
        return self._of_calls((change,), (reading.text,), instruction) or found

    async def _answer(self, reader: SentenceReader, asked: Turn, answer: str) -> Outline:
        """Put an answer into the instruction that was asked about, wherever it makes sense there.

        :raises PlanningError: it does nowhere.
        """
        said = asked.said
        candidates = [PRONOUN.sub(each, said, count=1) for each in (f"the {answer}", answer)]
        words = said.split()
        gaps = [" ".join([*words[:at], answer, *words[at:]]) for at in range(len(words), 0, -1)]
        spoken = set(answer.casefold().split())
        named = [" ".join([*words[:at], answer, *words[at + 1 :]]) for at, word in enumerate(words)
                 if word.casefold().strip(",.!?") in spoken]  # fmt: skip
        for text in dict.fromkeys([*(text for text in candidates if text != said), *named, *gaps, answer]):
            if reading := await reader.read(text):
                return reading.outline
        raise PlanningError(f"{answer!r} is no answer that fits {said!r}; say the whole again")

    async def _with_names(self, reader: SentenceReader, turn: Turn, text: str) -> Outline | None:
        """Read a sentence with the name of what was spoken of in the place of its pronoun."""
        if not PRONOUN.search(text):
            return None
        found: dict[str, tuple[tuple[int, int], Reading]] = {}
        for step in reversed(turn.steps):
            for phrase in phrases_of(step, turn.calls):
                reading = await reader.read(PRONOUN.sub(phrase, text, count=1))
                if reading is None or not (shared := self._shared(reading.calls, turn.calls)):
                    continue
                rank = (shared, len(phrase.split()))
                if reading.key not in found or found[reading.key][0] < rank:
                    found[reading.key] = (rank, reading)
        if not found:
            return None
        most = max(rank[0] for rank, _ in found.values())
        return only_meaning([reading for rank, reading in found.values() if rank[0] == most], text)

    async def _exchanged(self, reader: SentenceReader, turn: Turn, follow_up: FollowUp) -> Outline | None:
        """Read a step of the turn with one thing in the place of another, as the same thing to do if that makes sense.

        :raises PlanningError: ``AMBIGUOUS``: it makes sense in several places.
        """
        fallback: tuple[str, list[Reading]] | None = None
        for step in reversed(turn.steps):
            base = await reader.read(step)
            if base is None:
                continue
            same, others = await self._exchanges(reader, step, base, turn, follow_up)
            if same:
                return await self._with_undone(reader, turn, step, only_meaning(same, follow_up.thing))
            fallback = fallback or ((step, others) if others else None)
        if fallback is None:
            return None
        return await self._with_undone(reader, turn, fallback[0], only_meaning(fallback[1], follow_up.thing))

    async def _exchanges(
        self, reader: SentenceReader, step: str, base: Reading, turn: Turn, follow_up: FollowUp
    ) -> tuple[list[Reading], list[Reading]]:
        """Give what a step means with the thing in it: by the same API, and by others."""
        same: dict[str, Reading] = {}
        others: dict[str, Reading] = {}
        values = spoken_values(turn.calls)
        for phrase in phrases_of(step, turn.calls):
            if follow_up.old.casefold() not in phrase.casefold():
                continue
            if same and phrase.casefold() not in values:
                break  # a value of the call was exchanged: that is what is meant
            for text in exchanged(step, phrase, follow_up.thing):
                reading = await reader.read(text)
                if reading is None or bool(reading.calls) != bool(base.calls) or reading.key == base.key != "[]":
                    continue
                is_same = not base.calls or reading.calls[-1].api == base.calls[-1].api
                (same if is_same else others).setdefault(reading.key, reading)
        return list(same.values()), list(others.values())

    async def _with_undone(self, reader: SentenceReader, turn: Turn, step: str, changed: Outline) -> Outline:
        """Add what the turn had not done yet, in its order, to the step that was corrected."""
        others = [each for each in turn.undone if each != step]
        if not others:
            return changed
        new = " then ".join(each.text for each in changed.steps)
        order = [new if each == step else each for each in turn.steps if each == step or each in others]
        whole = await reader.read(" then ".join(order))
        return whole.outline if whole else changed

    async def _again(
        self, reader: SentenceReader, turn: Turn, instruction: Instruction, when: str = ""
    ) -> Outline | None:
        """:param when: when it is to be done again, if that was said: then it has to be a rule."""
        reading = await reader.read(f"{' then '.join(turn.steps)} {when}".strip())
        if when:
            return reading.outline if reading is not None and _is_of_rules(reading.calls) else None
        if reading is not None:
            return reading.outline
        return self._of_calls(turn.calls, turn.steps, instruction)

    async def _nudged(
        self,
        reader: SentenceReader,
        turn: Turn,
        follow_up: FollowUp,
        instruction: Instruction,
        context: PlanningContext,
    ) -> Outline | None:
        """Move the number that the turn was about.

        :raises PlanningError: ``LIMIT``: it is at its end already.
        """
        nudged = nudge(turn, follow_up, instruction.text, self._catalogue, context.state)
        if nudged is None:
            return None
        for step in reversed(turn.steps):
            for text in _numbered(step, nudged):
                reading = await reader.read(text)
                if reading is not None and nudged.call in reading.calls:
                    return reading.outline
        return self._of_calls((nudged.call,), (), instruction)

    def _other(self, turn: Turn) -> FollowUp | None:
        """Say which is the other one, of those that the last call could have been about.

        :raises PlanningError: ``AMBIGUOUS``: there are several others.
        """
        for call in reversed(turn.calls):
            document = self._catalogue.get(call.api)
            for name, value in call.arguments.items():
                spec = document.parameters.get(name) if document else None
                if spec is None or not spec.enum or value not in spec.enum:
                    continue
                others = [plain(each) for each in spec.enum if each != value]
                if len(others) == 1:
                    return FollowUp(FollowUpKind.OTHER, thing=others[0], old=plain(value))
                if others:
                    raise PlanningError(
                        f"offline planner: which other one? there are {', '.join(others)}",
                        code="AMBIGUOUS",
                        question=f"Which one: {', '.join(others)}?",
                        completions={each: f"no, the {each}" for each in others},
                    )
        return None

    def _called_instead(self, turn: Turn, follow_up: FollowUp, instruction: Instruction) -> Outline | None:
        """Make the turn's last call with another value, where its words are no sentence of the grammar."""
        wanted = follow_up.thing.casefold()
        for call in reversed(turn.calls):
            document = self._catalogue.get(call.api)
            for name, spec in document.parameters.items() if document else ():
                fitting = [each for each in spec.enum or () if plain(each) == wanted]
                if fitting and call.arguments.get(name) not in (None, fitting[0]):
                    changed = call.model_copy(update={"arguments": {**call.arguments, name: fitting[0]}})
                    return self._of_calls((changed,), (), instruction)
        return None

    def _of_calls(
        self, calls: Sequence[ForetoldCall], steps: Sequence[str], instruction: Instruction
    ) -> Outline | None:
        """Make an outline of calls as they stand, its code kept for when it is asked for."""
        documents = [document for call in calls if (document := self._catalogue.get(call.api)) is not None]
        if not calls or len(documents) != len(calls):
            return None
        given = [{name: value for name, value in call.arguments.items() if value is not None} for call in calls]
        source = "\n".join(call_source(call.api, arguments) for call, arguments in zip(calls, given, strict=True))
        pins = {each.name: DocumentPin(name=each.name, version=each.version, digest=each.digest) for each in documents}
        texts = steps or [_told(document, each) for document, each in zip(documents, given, strict=True)]
        effect = max((document.effect for document in documents), key=lambda each: each.rank)
        made = tuple(
            OutlineStep(id=str(number), text=text, effect=effect) for number, text in enumerate(texts, start=1)
        )
        outline = Outline(instruction=instruction.text, steps=made, planner=self.name, locale=instruction.locale)
        own = (
            () if steps else tuple(StepLines(step=step.id, first=at, last=at) for at, step in enumerate(made, start=1))
        )
        code = ActionCode(source=source, documents=tuple(pins.values()), planner=self.name, steps=own)
        self._codes[outline.outline_id] = (made, code)
        while len(self._codes) > _CODES_KEPT:
            del self._codes[next(iter(self._codes))]
        return outline

    def _shared(self, calls: Sequence[ForetoldCall], earlier: Sequence[ForetoldCall]) -> int:
        """Count what calls have in common with earlier ones: arguments, and what they work on."""
        before = set(self._marks(earlier))
        return len({mark for mark in self._marks(calls) if mark in before})

    def _marks(self, calls: Iterable[ForetoldCall]) -> Iterator[str]:
        for call in calls:
            document = self._catalogue.get(call.api)
            yield from (f"{name}={value!r}" for name, value in call.arguments.items() if value is not None)
            if code := _rule_in(call).get("action", {}).get("code"):
                yield from self._marks(calls_in(code))
            for resource in document.resources if document else ():
                try:
                    name = expand_key(resource, call.arguments)
                except ValueError:
                    continue
                if name != "robot":  # everything a robot does is on it
                    yield name


def _made(turn: Turn) -> list[str]:
    """Give the ids of the rules that a turn made or changed."""
    return [str(rule["id"]) for call in turn.calls if (rule := _rule_in(call)).get("id")]


def _rule_in(call: ForetoldCall) -> Mapping[str, Any]:
    rule = call.arguments.get({"rule_add": "rule", "rule_change": "new"}.get(call.api, ""))
    return rule if isinstance(rule, Mapping) else {}


def _is_of_rules(calls: Sequence[ForetoldCall]) -> bool:
    return bool(calls) and all(call.api.startswith("rule_") for call in calls)


def _numbered(step: str, nudged: Nudge) -> Iterator[str]:
    """Give sentences with the new number: in the place of the old one, or after the thing that was named."""
    words = step.split()
    if nudged.old_text in words:
        at = words.index(nudged.old_text)
        yield " ".join([*words[:at], nudged.new_text, *words[at + 1 :]])
    for length in range(min(PHRASE_WORDS, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            yield f"set {' '.join(words[first : first + length])} to {nudged.new_text}{nudged.unit_text}"


def _told(document: ApiDocument, arguments: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name.replace('_', ' ')} {plain(value)}" for name, value in arguments.items())
    return f"{document.name.replace('_', ' ')}{f': {given}' if given else ''}"

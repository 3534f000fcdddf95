"""Cuts an utterance into commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.clause import Clause, Joint, Segment, segments
from taskmatrix_ros.planner.grammar.clause_reader import ClauseReader, Doing, Meaning, Scene
from taskmatrix_ros.planner.grammar.reading import Reading
from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.words import Words, keys

MAX_WORDS = 200
MAX_CLAUSES = 12
_MAX_NAME_SEGMENTS = 5
_MAX_PREFIX = 6
_MAX_SUFFIX = 6
_MAX_PHRASE = 6
_MAX_READS = 400
_MAX_CLAUSE_WORDS = 50
"""A longer clause is no sentence with a name in it, and every preposition in it multiplies the ways to read it."""

TOO_LONG = "TOO_LONG"


class ClauseSplitter:
    """Finds the cut in which every clause is understood, with as few joints inside names as possible.

    A joint (``and``, ``then``, a comma) may end a clause, stand in a name (``rock and roll``), or join two things that
    share a verb or a noun (``the kitchen and the living room light``). One splitter serves one utterance: it counts the
    work done for it.

    :param earlier: words of clauses before this utterance, for ``it``, latest last.
    :param readers: asked before the grammar, in their order.
    """

    def __init__(
        self,
        grammar: SentenceGrammar,
        normalizer: Normalizer,
        earlier: Sequence[Words] = (),
        readers: Sequence[ClauseReader] = (),
    ) -> None:
        self._grammar = grammar
        self._normalizer = normalizer
        self._book = grammar.phrasebook
        self._earlier = tuple(earlier)
        self._readers = tuple(readers)
        self._openings = grammar.openings.union(*(reader.openings for reader in readers))
        self._meant_before: dict[Words, Meaning | None] = {}
        self._read_before: dict[Words, tuple[Reading, ...]] = {}

    def split(self, text: str) -> tuple[Clause, ...]:
        """Give the clauses in order; one without readings was not understood.

        :raises PlanningError: ``TOO_LONG``: more words or clauses than a command has.
        """
        words = self._normalizer.words(text)
        if len(words) > MAX_WORDS:
            raise _too_long(f"{len(words)} words", f"{MAX_WORDS} words")
        words = self._trim(words) or words
        whole = self._meaning(words)
        if whole is not None and not (whole.problem or whole.joints or whole.open_length or whole.weak):
            return (Clause(words, meaning=whole),)
        found = (part for cut in segments(words, self._book) for part in self._behind_statement(words, cut))
        cuts = tuple(cut for cut in found if self._trim(words[cut.first : cut.end]))
        if len(cuts) > MAX_CLAUSES:
            raise _too_long(f"{len(cuts)} parts", f"{MAX_CLAUSES} commands")
        return self._cheapest(words, cuts)

    def _behind_statement(self, words: Words, cut: Segment) -> tuple[Segment, ...]:
        """Cut a stretch in two where a command follows a statement with nothing in between."""
        at = self._book.command_behind_statement(keys(words[cut.first : cut.end]), self._openings)
        if not at:
            return (cut,)
        return replace(cut, end=cut.first + at), Segment(cut.first + at, cut.end, Joint.AND)

    def _cheapest(self, words: Words, cuts: Sequence[Segment]) -> tuple[Clause, ...]:
        """Shortest path over the places where a clause may end."""
        nothing: tuple[tuple[int, ...], tuple[Clause, ...]] = ((0, 0, 0, 0, 0), ())
        best = [nothing]
        alone = [self._clause(words, cut.first, cut.end) for cut in cuts]
        for end in range(1, len(cuts) + 1):
            options = []
            for first in range(end):
                for group in self._groups(words, cuts, alone, first, end):
                    cost = tuple(map(sum, zip(best[first][0], *(clause.cost for clause in group), strict=True)))
                    options.append((cost, (*best[first][1], *group)))
            best.append(min(options, key=lambda option: option[0]))
        return best[-1][1]

    def _groups(
        self, words: Words, cuts: Sequence[Segment], alone: Sequence[Clause], first: int, end: int
    ) -> Iterator[tuple[Clause, ...]]:
        if end - first == 1:
            yield (alone[first],)
            return
        joint = max(cut.joint for cut in cuts[first + 1 : end])
        if joint is not Joint.STOP and self._readers:
            together = self._meaning(self._trim(words[cuts[first].first : cuts[end - 1].end]))
            if together is not None and not together.alone:
                yield (Clause(together.words, meaning=together, swallowed=together.joints),)
        if end - first <= _MAX_NAME_SEGMENTS and (self._grammar.has_joints or joint is Joint.AND):
            whole = self._whole(words, cuts[first:end], alone[first:end], joint)
            if whole is not None:
                yield (whole,)
        if joint is not Joint.STOP and not any(clause.is_understood for clause in alone[first + 1 : end]):
            parts = [self._trim(words[cut.first : cut.end]) for cut in cuts[first:end]]
            shared = self._shared(parts, whole_head=alone[first].is_understood)
            if shared:
                yield shared

    def _whole(self, words: Words, cuts: Sequence[Segment], alone: Sequence[Clause], joint: Joint) -> Clause | None:
        """Read joined segments as one clause: a sentence has the joint in it, or a name has.

        A name has it only if it is a loose one, and none of the segments is a command that ends with other words.
        """
        understood = all(clause.best is not None and not clause.dubious for clause in alone)
        may_be_name = joint is Joint.AND and not understood and not any(clause.is_closed for clause in alone)
        if not may_be_name and not self._grammar.has_joints:
            return None
        whole = self._clause(words, cuts[0].first, cuts[-1].end)
        return whole if whole.readings and (may_be_name or not whole.swallowed) else None

    def _clause(self, words: Words, first: int, end: int) -> Clause:
        own = self._trim(words[first:end])
        meaning = self._meaning(own)
        if meaning is not None and meaning.alone:
            meaning = None
        if meaning is not None and (meaning.firm or not (meaning.problem or meaning.weak)):
            return Clause(own, meaning=meaning, swallowed=meaning.joints)
        # A whole sentence goes before what only tells something: "I leave at 8".
        clause = self._by_sentences(own, words[:first])
        if meaning is None or (clause.best is not None and not clause.best.problem and not clause.dubious):
            return clause
        return Clause(own, meaning=meaning, swallowed=meaning.joints)

    def _meaning(self, words: Words) -> Meaning | None:
        """Ask the readers, also without words that may only be said at the end."""
        if not self._readers or not words or len(words) > _MAX_CLAUSE_WORDS:
            return None
        words = (*words[:-1], words[-1].joined())
        if words not in self._meant_before:
            meaning = self._asked(words)
            shorter = self._normalizer.without_weak_closer(words) if meaning is None or meaning.problem else words
            other = self._asked(shorter) if len(shorter) < len(words) else None
            self._meant_before[words] = other if other is not None and not other.problem else meaning
        return self._meant_before[words]

    def _asked(self, words: Words) -> Meaning | None:
        """Ask one reader after the other: the first that can do it, else the first that knows why it cannot be done."""
        refused: Meaning | None = None
        told: list[Meaning] = []
        standing: Meaning | None = None
        for reader in self._readers:
            meaning = reader.read(words)
            if meaning is not None and meaning.standing and standing is None:
                standing = meaning
            elif standing is not None:
                if meaning is not None and not (meaning.problem or meaning.weak):
                    return _whichever_knows(standing, meaning)
            elif meaning is not None and meaning.weak and not meaning.problem:
                told.append(meaning)
            elif meaning is not None and (meaning.firm or not meaning.problem):
                return meaning
            else:
                refused = refused or meaning
        if standing is not None:
            return standing
        return _told_together(told) if told else refused

    def _by_sentences(self, own: Words, before: Words) -> Clause:
        clause = self._understood(own, before)
        shorter = self._normalizer.without_weak_closer(own)
        if len(shorter) == len(own):
            return clause
        other = self._understood(shorter, before)
        if other.best is None or (clause.best is not None and clause.best.open_length <= other.best.open_length):
            return clause
        return other

    def _understood(self, words: Words, before: Words) -> Clause:
        readings = self._read(words)
        standing = self._standing(words, before, readings)
        if standing is not None:
            return standing
        swallowed, dubious = self._swallowed(readings[0]) if readings else (0, False)
        return Clause(words, readings, swallowed=swallowed, dubious=dubious)

    def _swallowed(self, reading: Reading) -> tuple[int, bool]:
        """Count the joints inside the reading's names, and say whether what follows one looks like a command."""
        count, dubious = 0, False
        for span in reading.names:
            inside = reading.words[span.first : span.end]
            parts = segments(inside, self._book)
            count += max(0, len(parts) - 1)
            rest = reading.words[span.first :]
            is_thing = reading.template.slots[span.slot].identifies
            for part in parts[1:]:
                said = keys(rest[part.first :])
                verbs = self._grammar.openings
                dubious = dubious or self._book.looks_like_command(said, known=verbs, alone=is_thing)
        return count, dubious

    def _standing(self, words: Words, before: Words, readings: Sequence[Reading]) -> Clause | None:
        """Put a thing named before in the place of ``it``, where a sentence then fits literally."""
        at = next((i for i, key in enumerate(keys(words)) if key in self._book.pronouns), None)
        if at is None or len(segments(words, self._book)) > 1:
            return None
        limit = readings[0].open_length if readings and not readings[0].problem else None
        for phrase in self._phrases(before):
            filled = (*words[:at], *phrase, *words[at + 1 :])
            found = self._read(filled)
            if not found or found[0].problem or (limit is not None and found[0].open_length >= limit):
                continue
            if not any(span.first < at + len(phrase) and span.end > at for span in found[0].names):
                return Clause(filled, found)
        return None

    def _phrases(self, before: Words) -> Iterator[Words]:
        """Give what may be meant by a pronoun: the nearest clauses' things, the longest first."""
        near = [before[cut.first : cut.end] for cut in reversed(segments(before, self._book))]
        things = [part for part in (*near, *reversed(self._earlier)) if self._book.pronouns.isdisjoint(keys(part))]
        for words in things[:3]:
            starts = [at for at, word in enumerate(words) if self._book.is_determiner(word.key)] or range(1, len(words))
            runs = [(a, b) for a in starts for b in range(a + 1, min(a + _MAX_PHRASE, len(words)) + 1)]
            for a, b in sorted(runs, key=lambda run: run[0] - run[1]):
                if not self._book.is_determiner(words[b - 1].key):
                    yield tuple(word.joined() for word in words[a:b])

    def _shared(self, parts: Sequence[Words], *, whole_head: bool) -> tuple[Clause, ...]:
        """Complete parts that share the first one's beginning and the last one's end; empty if that does not help.

        :param whole_head: the first part is understood by itself and lacks no end.
        """
        head, tail = parts[0], parts[-1]
        best: tuple[tuple[int, int, int, int], tuple[Clause, ...]] | None = None
        for suffix in range(1 if whole_head else min(_MAX_SUFFIX, len(tail) - 1) + 1):
            end = tail[len(tail) - suffix :]
            for prefix in range(1, min(_MAX_PREFIX, len(head) - 1) + 1):
                clauses = self._completed(parts, head[:prefix], end)
                if clauses:
                    open_length = sum(c.readings[0].open_length for c in clauses if c.readings)
                    rank = (_relaxed(clauses), suffix, open_length, -prefix)
                    if best is None or rank < best[0]:
                        best = (rank, clauses)
            if best is not None and not best[0][0]:
                break
        return best[1] if best and best[0][0] < len(parts) else ()

    def _completed(self, parts: Sequence[Words], start: Words, end: Words) -> tuple[Clause, ...]:
        clauses = []
        for number, part in enumerate(parts):
            lead = start if number else ()
            trail = end if number < len(parts) - 1 else ()
            if lead and self._book.looks_like_command(keys(part), known=self._openings, alone=True):
                return ()  # it has a verb of its own: "take the cup to the sink, then go home"
            words = tuple(word.joined() for word in (*lead, *part, *trail))
            meaning = self._meaning(words)
            if meaning is not None and not (meaning.problem or meaning.weak or meaning.alone):
                clauses.append(Clause(words, meaning=meaning, shared=True))
                continue
            readings = self._read(words)
            if not readings or self._joins_names(readings[0], part, len(lead)):
                return ()
            clauses.append(Clause(words, readings, shared=True))
        return tuple(clauses)

    def _joins_names(self, reading: Reading, part: Words, at: int) -> bool:
        """Whether the part may be the rest of a name: it is one, and no article says that it begins a new one."""
        if not at:
            return False
        begins = self._book.is_determiner(part[0].key) or part[0].quoted
        taken = any(span.first <= at < span.end for span in reading.names)
        inside = any(span.first < at + len(part) and span.end > at for span in reading.names)
        return inside and (not begins or (taken and not part[0].quoted))

    def _trim(self, words: Words) -> Words:
        return self._normalizer.trimmed(words, self._openings)

    def _read(self, words: Words) -> tuple[Reading, ...]:
        if len(words) > _MAX_CLAUSE_WORDS:
            return ()
        words = (*words[:-1], *(word.joined() for word in words[-1:]))
        found = self._read_before.get(words)
        if found is None:
            if len(self._read_before) >= _MAX_READS:
                raise PlanningError(
                    "offline planner: there are too many ways to cut the instruction; give its commands one by one",
                    code=TOO_LONG,
                )
            found = self._read_before[words] = self._grammar.read(words)
        return found


def _whichever_knows(first: Meaning, other: Meaning) -> Meaning:
    """Give the meaning of a clause about ``it`` that knows what it is: ``put it down`` of a blind, or of a cup."""

    def carry_out(scene: Scene) -> Doing:
        try:
            return first.carry_out(scene)
        except ClarificationNeeded as unclear:
            try:
                return other.carry_out(scene)
            except PlanningError:
                raise unclear from None

    return replace(first, carry_out=carry_out)


def _told_together(told: Sequence[Meaning]) -> Meaning:
    """Let every reader hear what is only told."""

    def carry_out(scene: Scene) -> Doing:
        mentioned = tuple(one for meaning in told for one in meaning.carry_out(scene).mentioned)
        return Doing(mentioned=mentioned)

    return told[0] if len(told) == 1 else replace(told[0], carry_out=carry_out)


def _relaxed(clauses: Sequence[Clause]) -> int:
    return sum(clause.readings[0].relaxed for clause in clauses if clause.readings)


def _too_long(given: str, allowed: str) -> PlanningError:
    return PlanningError(
        f"offline planner: the instruction has {given}; say at most {allowed} at a time", code=TOO_LONG
    )

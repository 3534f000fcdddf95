"""Reads clauses about the devices of a home."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.planner.grammar.clause_reader import Doing, Meaning, Scene
from taskmatrix_ros.planner.grammar.reading import UNKNOWN_NAME
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState
from taskmatrix_ros.planner.home import (
    list_commands,
    media_commands,
    mode_commands,
    number_commands,
    question_answers,
    switch_commands,
    timer_commands,
)
from taskmatrix_ros.planner.home.clause_parse import ClauseParse
from taskmatrix_ros.planner.home.command import Command, Handler, Stage
from taskmatrix_ros.planner.home.heard import heard
from taskmatrix_ros.planner.home.home_index import HomeIndex
from taskmatrix_ros.planner.home.list_commands import items_of
from taskmatrix_ros.planner.home.resolver import UNFIT, listed
from taskmatrix_ros.planner.home.sentence_matcher import Sentence
from taskmatrix_ros.planner.home.sentence_table import COMMANDS, QUESTIONS
from taskmatrix_ros.planner.home.spelling import Spelling
from taskmatrix_ros.planner.home.tokens import Token, Tokens, number_in, tokens_of
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.phrasebooks import phrasebook_of
from taskmatrix_ros.planner.language.words import Stop, Words

_HANDLERS: dict[str, Handler] = {
    **switch_commands.HANDLERS,
    **number_commands.HANDLERS,
    **mode_commands.HANDLERS,
    **media_commands.HANDLERS,
    **list_commands.HANDLERS,
    **timer_commands.HANDLERS,
    **question_answers.HANDLERS,
}


def _choose(command: Command, stage: Stage) -> Doing:
    """Ask which of several that were named is meant."""
    inner: Command = command.options["of"]
    ids = _HANDLERS[inner.name](inner, stage).targets
    titles = [stage.index.title(entity, ids) for entity in ids]
    raise ClarificationNeeded(f"Which: {listed(titles, 'or')}?", choices=titles)


_HANDLERS["choose"] = _choose
_SENTENCES = tuple(
    Sentence.parse(command, options, source, rank)
    for rank, (command, options, sources) in enumerate((*QUESTIONS, *COMMANDS))
    for source in sources
)
_FILLERS = frozenset({"please", "kindly", "just", "now", "again", "also", "too", "maybe", "immediately", "quickly"})
_NEARLY = frozenset({"about", "around", "roughly", "approximately", "almost", "nearly"})
_BEFORE = frozenset({"first", "then", "next", "finally", "afterwards", "and"})
_LEADING = frozenset({"in", "on", "at", "for"})
_NOT_ABOUT_DEVICES = ("ask_", "bare", "timer", "list", "play")
_MOST_CANDIDATES = 24
_LONGEST = 40
"""Tokens of a clause."""

_FINAL = frozenset({"LIMIT", "NOT_NOW"})
"""What was understood and is not possible: no other reading of the words may do something else."""

_NOWHERE = frozenset({UNKNOWN_NAME, UNFIT})
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class HomeReader:
    """A ``ClauseReader`` over a home. What it knows of names it builds anew when the home's revision rises."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._normalizer = Normalizer(phrasebook_of("en"), "en")
        self._built: HomeIndex | None = None
        self._spelling: Spelling | None = None
        by_word: dict[str, list[Sentence]] = {}
        self._anchorless = [sentence for sentence in _SENTENCES if not sentence.anchors]
        for sentence in _SENTENCES:
            for word in sentence.anchors:
                by_word.setdefault(word, []).append(sentence)
        self._by_word = by_word

    @property
    def openings(self) -> Set[str]:
        """Verbs that no politeness may take away."""
        return _OPENINGS | self.index.beginnings

    @property
    def index(self) -> HomeIndex:
        """The names of the home as it is now."""
        if self._built is None or self._built.revision != self._home.revision:
            self._built = HomeIndex(self._home, self._normalizer)
            self._spelling = Spelling(self._built, _GRAMMAR_WORDS)
        return self._built

    def read(self, words: Words) -> Meaning | None:
        """Understand words as one clause about devices."""
        index = self.index
        tokens = tokens_of(words)
        if not tokens or len(tokens) > _LONGEST or any(word.stop is Stop.HARD for word in words[:-1]):
            return None
        # The first attempt that fits has the words right: a looser one would do something else.
        found = next(((firm, c) for firm, c in self._attempts(index, words, tokens) if c), None)
        if found is None or not found[0]:
            told = heard(index, words, tokens, self.openings)
            if told is not None or found is None:
                return told
        return self._meaning(index, words, found[1], firm=found[0])

    def _attempts(self, index: HomeIndex, words: Words, tokens: Tokens) -> Iterator[tuple[bool, list[Command]]]:
        """Read ever less literally: as it stands, without fillers, spelt as names are, by parts of names.

        :returns: whether every word was understood, and the commands.
        """
        yield True, self._commands(ClauseParse(index, words, tokens), tokens)
        assert self._spelling is not None
        plain = tuple(
            token
            for token, after in zip(tokens, (*tokens[1:], None), strict=True)
            if (token.key not in _FILLERS or token.key in index.vocabulary)
            and not (token.key in _NEARLY and after is not None and _is_amount(after))
        )
        if len(plain) > 1 and plain[0].key in _BEFORE:
            plain = plain[1:]
        if plain and len(plain) < len(tokens):
            yield True, self._commands(ClauseParse(index, words, plain), plain)
        spelt = self._spelling.mended(plain)
        if spelt != plain:
            yield True, self._commands(ClauseParse(index, words, spelt), spelt)
        yield True, self._commands(ClauseParse(index, words, spelt, partial=True), spelt)
        yield True, self._alternatives(index, words, spelt)
        yield False, self._commands(ClauseParse(index, words, spelt, open_names=True), spelt, actions_only=True)

    def _alternatives(self, index: HomeIndex, words: Words, tokens: Tokens) -> list[Command]:
        """Read ``the lamp or the fan`` as both, of which one has to be chosen."""
        if all(token.key != "or" for token in tokens):
            return []
        both = tuple(replace(token, key="and") if token.key == "or" else token for token in tokens)
        found = self._commands(ClauseParse(index, words, both), both, actions_only=True)
        return [Command("choose", {"of": command}, command.slots) for command in found]

    def _commands(self, parse: ClauseParse, tokens: Tokens, *, actions_only: bool = False) -> list[Command]:
        named = [] if parse.asked else parse.named_scene()
        found = [*named, *self._matching(parse, tokens), *self._after_place(parse, tokens)]
        found = found or list(self._before_exception(parse, tokens)) or list(self._before_place(parse, tokens))
        if actions_only:
            found = [command for command in found if not command.name.startswith(_NOT_ABOUT_DEVICES)]
        return found[:_MOST_CANDIDATES]

    def _after_place(self, parse: ClauseParse, tokens: Tokens) -> Iterator[Command]:
        """Read a command behind its place: ``in the kitchen, turn on the lights``."""
        if tokens[0].key not in _LEADING:
            return
        for end, place in parse.readers()["place"](0):
            rest = tokens[end:]
            for command in self._matching(parse.of(rest), rest) if len(rest) > 1 else ():
                if "place" not in command.slots:
                    yield command.having(place=place)

    def _before_place(self, parse: ClauseParse, tokens: Tokens) -> Iterator[Command]:
        """Read a command before its place: ``raise the volume by 10 percent in the kitchen``."""
        read = parse.readers()["place"]
        for at in range(len(tokens) - 1, 1, -1):
            for end, place in read(at):
                if end != len(tokens):
                    continue
                rest = tokens[:at]
                for command in self._matching(parse.of(rest), rest):
                    if "place" not in command.slots and not any(t.is_located for t in command.targets):
                        yield command.having(place=place)

    def _before_exception(self, parse: ClauseParse, tokens: Tokens) -> Iterator[Command]:
        """Read a command before what is left out of it: ``turn all lights off except the lamp``."""
        apart = parse.exception()
        if apart is None:
            return
        at, left_out = apart
        rest = tokens[:at]
        for command in self._matching(parse.of(rest), rest):
            targets = tuple(replace(target, excepts=left_out) for target in command.slots.get("targets", ()))
            if targets:
                yield command.having(targets=targets)

    def _matching(self, parse: ClauseParse, tokens: Tokens) -> Iterator[Command]:
        readers = parse.readers()
        keys = {token.key for token in tokens}
        chosen = {id(s): s for s in self._anchorless}
        for key in keys:
            chosen |= {id(s): s for s in self._by_word.get(key, ()) if s.may_fit(keys)}
        for sentence in sorted(chosen.values(), key=lambda s: _ORDER[id(s)]):
            if sentence.options.get("asked", parse.asked) != parse.asked:
                continue
            if parse.asked and not (sentence.asks or sentence.has_verb):
                continue  # "light in the hall?" asks for its state
            for slots in sentence.match(tokens, readers):
                names = [name for name, _ in slots]
                if len(set(names)) == len(names):
                    yield Command(sentence.command, sentence.options, dict(slots))

    def _meaning(self, index: HomeIndex, words: Words, candidates: Sequence[Command], *, firm: bool) -> Meaning:
        trial = Scene(state=SymbolicState({}, _EPOCH), now=_EPOCH)
        problem = ""
        try:
            chosen, _ = _carried_out(index, trial, candidates)
        except PlanningError as error:
            chosen = candidates[0]
            if error.error_code in _NOWHERE or error.error_code == "LIMIT":
                problem = error.message
        text = " ".join(
            str(chosen.slots[name]) for name in ("item", "message", "query", "name") if name in chosen.slots
        )
        joints = 0
        if not (chosen.name == "list_add" and len(items_of(str(chosen.slots["item"]))) > 1):
            joints = sum(word in ("and", "then") for word in text.casefold().split()) + text.count(",")

        def carry_out(scene: Scene) -> Doing:
            return _carried_out(index, scene, candidates)[1]

        return Meaning(
            words=words,
            carry_out=carry_out,
            problem=problem,
            firm=firm,
            open_length=len(text),
            joints=joints,
            alone=chosen.name == "bare",
            standing=bool(chosen.targets) and all(target.pronoun for target in chosen.targets) and firm,
        )


def _carried_out(index: HomeIndex, scene: Scene, candidates: Sequence[Command]) -> tuple[Command, Doing]:
    """Carry out the first that can be; what asks, or is not possible, ends the search."""
    first: PlanningError | None = None
    for command in candidates:
        try:
            return command, _HANDLERS[command.name](command, Stage.of(index, scene))
        except ClarificationNeeded:
            raise
        except PlanningError as error:
            if error.error_code in _FINAL or error.error_code == "AMBIGUOUS" or command.options.get("final"):
                raise
            first = first or error
    assert first is not None
    raise first


def _is_amount(token: Token) -> bool:
    """Whether a token is a number, or a part of the whole way: ``about 70 percent``, ``about halfway``."""
    return number_in(token.key) is not None or token.key in ("half", "halfway", "third", "quarter")


def _words_of(sources: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for source in sources:
        plain = "".join(" " if letter in "()[]|{}:" else letter for letter in source)
        found.update(plain.lower().split())
    return frozenset(found)


_ORDER = {id(sentence): at for at, sentence in enumerate(_SENTENCES)}
_GRAMMAR_WORDS = _words_of([sentence.source for sentence in _SENTENCES])
_OPENINGS = frozenset(
    {
        *("turn", "switch", "set", "open", "close", "lock", "unlock", "dim", "brighten", "activate", "deactivate"),
        *("is", "are", "what", "which", "how", "who", "where", "did", "have", "do", "can", "skip", "next"),
    }
)

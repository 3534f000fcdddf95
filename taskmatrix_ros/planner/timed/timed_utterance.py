"""One utterance that may speak of times, conditions or rules, and what it comes to."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.clause import Joint, segments
from taskmatrix_ros.planner.grammar.expansion import Statement, statements_of
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE, TIMED
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.words import Stop, Words, keys, matched_text
from taskmatrix_ros.planner.timed.condition_reader import ConditionReader
from taskmatrix_ros.planner.timed.following import after, along, begins_now, delay_of, following, on_those_days
from taskmatrix_ros.planner.timed.own_state import asked_then, is_for_now, why_not
from taskmatrix_ros.planner.timed.rule_builder import Deed, PlanText, RuleBuilder, deed_of, said
from taskmatrix_ros.planner.timed.rule_changes import RuleChanges
from taskmatrix_ros.planner.timed.rule_sentence import MOMENTS, Sentence, SentenceCutter, ends_with_a_clause, is_led
from taskmatrix_ros.planner.timed.said_parts import (
    BACK,
    as_often,
    goes_back,
    lasts,
    leans,
    rearranged,
    says_now,
    spoken,
    with_object,
    with_verb,
    without_joint,
    without_joint_before,
    without_time,
)
from taskmatrix_ros.planner.timed.state_names import StateNames
from taskmatrix_ros.planner.timed.telling import tells, told_deed
from taskmatrix_ros.planner.timed.time_phrase import (
    DEPARTURE,
    AtClock,
    Delay,
    EveryDays,
    For,
    NotOn,
    Phrase,
)
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_schedule import Scheduler
from taskmatrix_ros.planner.timed.undone import Asked, NowOrThen, Undone, undoes

_SAYING = frozenset({"say", "announce", "tell", "write", "search", "add", "send", "remind", "ask", "read", "shout"})
_WAKE = re.compile(r"wake (?:me|us)(?: up)?", re.IGNORECASE)
_TIMER = frozenset({"timer", "timers", "countdown", "stopwatch"})
_MOST_CUTS = 60


@dataclass(frozen=True, kw_only=True)
class HomeNow:
    """What a reading needs to know. ``now``: aware, in the home's zone; ``rules``: those that live, the latest last;
    ``state``: what is known of the world.
    """

    now: datetime
    rules: Sequence[Rule]
    names: StateNames
    state: Mapping[str, Any] = field(default_factory=dict)
    about_rules: bool = True


class Utterance:
    """One reading of it."""

    def __init__(self, catalogue: Catalogue, home: HomeNow, plan: PlanText) -> None:
        self._catalogue, self._scene, self._plan, self._book = catalogue, home, plan, ENGLISH
        self._problem: PlanningError | None = None
        self._answers: list[str] = []
        self._unknown: PlanningError | None = None
        """Why what is to be done was not understood, where all about it was."""
        self._is_alone = True
        self._action: Words = ()
        """What is to be done by the rules that were built last."""

    @property
    def answer(self) -> str:
        """What there is to say beside what is done."""
        return " ".join(dict.fromkeys(self._answers))

    def read(self, words: Words) -> tuple[Statement, ...] | None:
        """Give the calls; None where it is for now.

        :raises PlanningError: it is timed, and cannot be done so; it says why.
        """
        sentences = _sentences(words)
        self._is_alone = len(sentences) == 1
        found = [self._one(sentence) for sentence in sentences]
        if all(timed is None for timed in found):
            problem = self._problem or self._unknown
            if problem is not None and not self._is_plain(words):
                raise problem
            if self._holds_a_time(words):
                raise problem or PlanningError(
                    f"offline planner: the time or condition in {said(words)!r} is not understood; quote names",
                    code=TIMED,
                )
            return None
        statements: list[Statement] = []
        for sentence, timed in zip(sentences, found, strict=True):
            statements += timed if timed is not None else statements_of(self._plan(said(sentence)))
        return tuple(statements)

    def _one(self, words: Words, depth: int = 0, *, of_rules: bool = True) -> tuple[Statement, ...] | None:
        """:param of_rules: ``it`` may be a rule; not where a thing was spoken of just before."""
        if of_rules:
            condition = ConditionReader(self._scene.names, self._effects).read
            scene = self._scene
            changes = RuleChanges(scene.rules, scene.now, condition, self._plan, about_rules=scene.about_rules)
            wishes = changes.read(keys(words), said(words), alone=self._is_alone and not depth)
            if wishes:
                return tuple(_statement(wish.api, wish.arguments) for wish in wishes)
        if not _TIMER.isdisjoint(keys(words)):
            return None
        fact = self._fact(words)
        if fact is not None:
            return fact
        rules = self._rules(rearranged(words), said(words))
        return rules if rules is not None else self._parts(words, depth)

    # --- facts --------------------------------------------------------------------------------------------------------

    def _fact(self, words: Words) -> tuple[Statement, ...] | None:
        """``I leave at 8``: a sentence that takes a moment by itself."""
        said_keys = keys(words)
        finder = TimePhrases(said_keys)
        for at in range(1, len(words)):
            phrases, end = finder.run(at)
            if not phrases:
                continue
            base = self._counted_from(phrases)
            try:
                schedule = Scheduler(base or self._scene.now).schedule(phrases)
            except PlanningError:
                continue
            if schedule.moment is None or schedule.conditions:
                return None
            moment = schedule.moment.isoformat()
            text = f'{said(words[:at])} at "{moment}" {said(words[end:])}'.strip()
            try:
                statements = statements_of(self._plan(text))
            except (PlanningError, SyntaxError):
                return None
            takes = [name for one in statements for name, value in one.arguments.items() if value == moment]
            if not takes or not all(name == "at" or name.endswith("_at") for name in takes):
                return None
            if base is None:
                raise PlanningError("offline planner: later than what? say the time", code=INCOMPLETE)
            return statements
        return None

    def _counted_from(self, phrases: Sequence[Phrase]) -> datetime | None:
        """Give the moment that ``I leave ten minutes later`` counts from: the departure; None where none is known."""
        if not any(isinstance(phrase, Delay) and phrase.later for phrase in phrases):
            return self._scene.now
        try:
            return datetime.fromisoformat(str(self._scene.state.get(DEPARTURE))).astimezone(self._scene.now.tzinfo)
        except ValueError:
            return None

    # --- rules --------------------------------------------------------------------------------------------------------

    def _rules(self, words: Words, text: str) -> tuple[Statement, ...] | None:
        cutter = SentenceCutter(ConditionReader(self._scene.names, self._effects))
        for count, sentence in enumerate(cutter.cuts(words)):
            if count >= _MOST_CUTS:
                break
            if sentence.is_plain:
                continue
            try:
                built = self._built(sentence, text)
            except Asked:
                raise
            except PlanningError as error:
                self._note(error)
                continue
            if built is not None:
                return built
        if cutter.problem is not None:
            self._problem = cutter.problem
        return None

    def _built(self, sentence: Sentence, text: str) -> tuple[Statement, ...] | None:
        if sentence.clauses:
            action = _with_referent(sentence.action, sentence)
            effects = self._effects(said(action))
            if is_for_now(sentence, effects):
                return self._if_so(action, why_not(sentence, effects, self._scene.state))
            sentence = asked_then(sentence, effects)
        if _WAKE.match(matched_text(sentence.action)):
            sentence = replace(sentence, phrases=tuple(map(_early, sentence.phrases)))
        now, action = self._for_now(sentence)
        action = _with_referent(action, sentence)
        self._action = action
        deed, once = self._deed(action, sentence, now)
        try:
            self._check_lasts(action)
        except Undone as undone:
            if any(isinstance(phrase, For) for phrase in sentence.phrases):
                # "for 10 minutes and then turn it off": the parts have to be read one by one
                raise PlanningError(undone.message, code=undone.error_code) from undone
            raise
        builder = RuleBuilder(self._plan, self._scene.now)
        built = builder.build(sentence, deed, text, once=once)
        at_once = [code for code in (self._plan(said(now)) if now else "", built.now) if code]
        statements = list(statements_of("\n".join(at_once)))
        statements += [_statement("rule_add", {"rule": rule.to_plain()}) for rule in built.rules]
        return tuple(statements)

    def _if_so(self, action: Words, why_not: str) -> tuple[Statement, ...]:
        """``close the garage door if it's open``: do it, or tell why there is nothing to do."""
        if not why_not:
            return tuple(statements_of(self._plan(said(action))))
        self._answers.append(f"There is nothing to do for {said(action)!r}: {why_not}.")
        return ()

    def _for_now(self, sentence: Sentence) -> tuple[Words, Words]:
        """Cut off what is to be done at once: ``turn on the fan (and turn it off) in 20 minutes``."""
        parts = segments(sentence.action, self._book)
        if not sentence.trailing or len(parts) < 2:
            return (), sentence.action
        if sentence.leading and any(isinstance(phrase, MOMENTS) for phrase in sentence.behind):
            # "every day at 8 open the blinds and close them at 9": each part has its time
            raise PlanningError(
                f"offline planner: what in {said(sentence.action)!r} has which time? say it in two sentences",
                code=TIMED,
            )
        first, last = sentence.action[: parts[-2].end], sentence.action[parts[-1].first :]
        if any(
            isinstance(phrase, MOMENTS)
            for part in parts
            for phrase in TimePhrases(keys(sentence.action[part.first : part.end])).trailing()[0]
        ):
            raise PlanningError("offline planner: each part has its time", code=TIMED)  # they are read one by one
        at_once = says_now(first)
        back = not BACK.isdisjoint(keys(last)) or parts[-1].joint is Joint.NEXT
        if sentence.led and back:
            raise PlanningError("offline planner: nothing of that is for now", code=TIMED)
        return (first, last) if at_once or back else ((), sentence.action)

    def _deed(self, action: Words, sentence: Sentence, before: Words) -> tuple[Deed, bool]:
        """Plan what is to be done. :returns: it, and whether it is one that is done once."""
        text = matched_text(action)
        if (told := told_deed(action, sentence, self._say)) is not None:
            return told
        if (
            sentence.clauses
            and (last := segments(action, self._book)[-1]).first
            and tells(action[last.first : last.end])
        ):
            deed, _ = self._deed(without_joint(action[: last.first], self._book), sentence, before)
            also, _ = self._deed(action[last.first :], sentence, ())
            return replace(deed, code=f"{deed.code}\n{also.code}", words=text), False
        if before:
            head = self._plan(said(before))
            whole = self._plan(f"{said(before)} and {said(action)}")
            if not whole.startswith(head):
                raise PlanningError(f"offline planner: {text!r} is not clear alone; say what it is about")
            return Deed(whole[len(head) :].strip(), text), False
        try:
            return deed_of(action, self._plan), False
        except PlanningError:
            if not _WAKE.fullmatch(text):
                raise
            return Deed(self._say("Wake up!"), text), False

    def _check_lasts(self, action: Words) -> None:
        """Ask for the second moment, where a deed would be undone at the very moment it is done.

        :raises Undone: it would be.
        """
        for one, other in pairwise(segments(action, self._book)):
            first = without_joint(action[one.first : one.end], self._book)
            second = with_verb(action[other.first : other.end], first)
            if goes_back(action[other.first : other.end]):
                raise Undone(second)
            if other.joint is Joint.NEXT or leans(second):
                self._check_undone(first, with_object(second, first, self._book))

    def _check_undone(self, first: Words, second: Words, *, always: bool = False) -> None:
        """:raises Undone: a command takes back another, and says nothing of when."""
        if always or undoes(second, first, self._plan):
            raise Undone(second)

    def _say(self, text: str) -> str:
        if self._catalogue.get("say") is None:
            raise PlanningError("offline planner: nothing here can say something; add a `say` to the manifests")
        return call_source("say", {"text": text})

    # --- several ------------------------------------------------------------------------------------------------------

    def _parts(self, words: Words, depth: int) -> tuple[Statement, ...] | None:
        """``turn off the lights at 10 and lock the door at 11``: each part by itself."""
        if depth >= 4:
            return None
        for part in segments(words, self._book)[1:]:
            try:
                found = self._two(words[: part.first], words[part.first :], depth + 1)
            except Asked:
                raise
            except PlanningError:
                continue
            if found is not None:
                return found
        return None

    def _two(self, left: Words, behind: Words, depth: int) -> tuple[Statement, ...] | None:
        """Read two parts; None where neither speaks of time, or not of one that the other could count from."""
        left = as_often(without_joint(left, self._book), behind)
        first = self._one(left, depth)
        before = left if first is None or not self._action else self._action
        gapped = with_verb(behind, before)
        right = with_object(gapped, before, self._book)
        if first is not None:
            right = on_those_days(without_joint_before(right, self._book), left)
        second = self._one(right, depth, of_rules=first is not None)
        if first is None and second is None:
            return None
        if first is not None and second is None:
            if leans(gapped) or goes_back(behind):
                again = without_joint_before(right, self._book)
                if lasts(left) and undoes(again, without_time(left), self._plan):
                    return first  # "for 10 minutes and then turn it off": its end is said twice
                self._check_undone(without_time(left), again, always=goes_back(behind))
            whole = None if says_now(right) else self._along(first, left, right)
            if whole is not None:
                return whole
        if second is not None and is_led(left) and any(one.api != "rule_add" for one in second) and not says_now(right):
            raise PlanningError(f"offline planner: when shall {said(right)!r} begin? say it", code=INCOMPLETE)
        one = first if first is not None else statements_of(self._plan(said(left)))
        other = second if second is not None else statements_of(self._plan(said(right)))
        if (delay := delay_of(keys(without_joint_before(right, self._book)))) is not None:
            return after(one, other, delay, self._scene.now)
        if "at" in keys(right) and not BACK.isdisjoint(keys(gapped)):
            other = following(one, other)
        return (*one, *other)

    def _along(self, first: tuple[Statement, ...], left: Words, right: Words) -> tuple[Statement, ...] | None:
        """Do what says nothing of time with the rule before it, where it is not for now.

        :returns: None: it may be for now, as behind ``in ten minutes``.
        :raises NowOrThen: it may be for either.
        """
        if first[-1].api != "rule_add" or len(first) > 1:
            return None
        command = without_joint_before(right, self._book)
        is_date = first[-1].arguments["rule"]["triggers"][0]["kind"] == "date"
        wakes = bool(_WAKE.match(matched_text(self._action)))
        if is_date and begins_now(keys(left)) and not wakes:
            if any(isinstance(phrase, AtClock) for phrase in TimePhrases(keys(left)).trailing()[0]):
                raise NowOrThen(command)
            return None
        return along(first, self._plan(said(command)), said(command))

    def _effects(self, command: str) -> Mapping[str, Any]:
        """Say what a command makes of the world, as far as documents foretell it."""
        try:
            tree = ast.parse(self._plan(command))
        except (PlanningError, SyntaxError):
            return {}
        world = SymbolicState({}, self._scene.now)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            document = self._catalogue.get(node.func.id)
            if document is None:
                continue
            try:
                arguments = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
            except ValueError:
                return {}
            world.apply(document, arguments)
        return dict(world.values)

    def _is_plain(self, words: Words) -> bool:
        try:
            self._plan(said(words))
        except PlanningError:
            return False
        return True

    def _holds_a_time(self, words: Words) -> bool:
        """Whether what is plain has taken a time or a condition for a part of a name: ``play some jazz on mondays``."""
        if keys(words[:1]) and keys(words[:1])[0] in _SAYING:
            return False
        _, cut = TimePhrases(keys(words)).trailing()
        days = TimePhrases(keys(words[cut:])).whole()
        if any(isinstance(phrase, EveryDays | NotOn) for phrase in days) and not words[cut].raw.istitle():
            return self._is_plain(words[:cut])
        at = ends_with_a_clause(words)
        return (bool(at) and self._is_plain(words[:at])) or self._goes_to_a_time(words)

    def _goes_to_a_time(self, words: Words) -> bool:
        """Whether a time was taken for a place: ``put the TV on`` ``ten minutes``, ``move the meeting to 3``."""
        if not any(_is_time(keys(words[at:])) for at in range(max(1, len(words) - 4), len(words))):
            return False  # nothing at its end is one: it need not be planned to know
        try:
            tree = ast.parse(self._plan(said(words)))
        except (PlanningError, SyntaxError):
            return False
        places = [
            word.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            for word in node.keywords
            if word.arg == "place" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
        ]
        return any(_is_time(place.split()) for place in places)

    def _note(self, error: PlanningError) -> None:
        """Keep the first that is not only about words that nobody knows."""
        if error.error_code != "NOT_UNDERSTOOD":
            self._problem = self._problem or error
        else:
            self._unknown = self._unknown or error


def _with_referent(action: Words, sentence: Sentence) -> Words:
    """Put what a clause speaks of in the place of ``it``: ``when the fan is on for an hour, turn it off``."""
    about = next((atom.about for clause in sentence.clauses for atom in clause.read.atoms if atom.about), "")
    at = next((at for at, key in enumerate(keys(action)) if key in BACK), None)
    if not about or at is None or len(segments(action[: at + 1], ENGLISH)) > 1:
        return action  # nothing, or something that was named since
    return (*action[:at], *spoken(about), *action[at + 1 :])


def _is_time(said: Sequence[str]) -> bool:
    return bool(TimePhrases(["at", *said]).whole() or TimePhrases(["in", *said]).whole())


def _early(phrase: Phrase) -> Phrase:
    """Who wants to be woken at 7 means the morning."""
    if not isinstance(phrase, AtClock):
        return phrase
    return AtClock(tuple(replace(clock, exact=True) for clock in phrase.clocks))


def _statement(api: str, arguments: dict[str, Any]) -> Statement:
    return Statement(api, arguments, call_source(api, arguments), (api,))


def _sentences(words: Words) -> list[Words]:
    found, first = [], 0
    for at, word in enumerate(words):
        if word.stop is Stop.HARD:
            found.append(words[first : at + 1])
            first = at + 1
    return [*found, words[first:]] if first < len(words) else found

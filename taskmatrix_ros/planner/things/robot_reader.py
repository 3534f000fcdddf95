"""Reads what a robot is asked to do with the things and places of its map."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.planner.grammar.clause import segments
from taskmatrix_ros.planner.grammar.clause_reader import Doing, Meaning, Scene
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, NOT_NOW, Reading
from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.phrasebook import phrases, starts_with
from taskmatrix_ros.planner.language.words import Word, Words, keys, matched_text
from taskmatrix_ros.planner.things.grounding import Grounding
from taskmatrix_ros.planner.things.known_things import KnownThings
from taskmatrix_ros.planner.things.leaning import Leaning
from taskmatrix_ros.planner.things.lexicon import Lexicon
from taskmatrix_ros.planner.things.prefaces import Prefaces
from taskmatrix_ros.planner.things.reading_grounder import (
    HOLDING,
    STAYING,
    GroundedReading,
    ReadingGrounder,
    names_things,
    slot_roles,
)
from taskmatrix_ros.planner.things.robot_map import MapObject, RobotMap
from taskmatrix_ros.planner.things.thing_answers import at_place, is_plural
from taskmatrix_ros.planner.things.trouble import Trouble

_NOTES = "robot"
_NAME_WORDS = 4
_MOST_MOVED = 3
_MANNER = frozenset(
    {"carefully", "gently", "quickly", "slowly", "quietly", "safely", "please", "kindly", "immediately"}
)
"""How something shall be done: it is always done so."""
_WOULD_BE_NICE = phrases(
    *(f"{verb} be {word}" for verb in ("would", "might") for word in ("nice", "great", "lovely", "good", "perfect")),
    *("would do me good", "would hit the spot", "would help", "would come in handy"),
)
"""Behind what is wished for: ``a coffee would be nice``."""
_LEFT_OUT = phrases(
    *("except", "except for", "but not", "apart from", "other than", "besides", "aside from", "excluding"),
    *("all but", "but leave", "but keep", "not counting"),
)


@dataclass(frozen=True)
class _Notes:
    """What earlier clauses said and did: the map since then, and what would be welcome."""

    map: RobotMap
    leaning: Leaning


class RobotReader:
    """A clause reader over the sentences that name things and places.

    The sentences are the documents' own; here their slots are grounded: ``something to drink`` becomes the one thing
    that it can be, a question or a refusal. It also hears out statements beside a request.

    :param robot_map: gives the map as it is now.
    """

    def __init__(self, catalogue: Catalogue, robot_map: Callable[[], RobotMap], locale: str = "en") -> None:
        self._catalogue = catalogue
        self._map = robot_map
        self._lexicon = Lexicon.of(locale)
        self._grammar = SentenceGrammar(catalogue, locale, select=names_things, grounded=True)
        self._book = self._grammar.phrasebook
        self._normalizer = Normalizer(self._book, locale)
        self._prefaces = Prefaces(self._book, self._lexicon, self._grammar.openings)
        self._known: tuple[tuple[str, ...], KnownThings] | None = None

    @property
    def openings(self) -> Set[str]:
        """Words that its clauses begin with."""
        return self._grammar.openings

    def read(self, words: Words) -> Meaning | None:
        """Understand a clause, with the statements around it."""
        stated, asked = self._prefaces.split(words)
        if stated and not asked:
            return Meaning(words=words, carry_out=lambda scene: self._heard(scene, stated), weak=True)
        asked = self._as_command(asked)
        readings = self._readings(asked)
        if not readings:
            return None
        grounding = self._grounding(self._map(), self._prefaces.leaning(stated))
        best = ReadingGrounder(self._catalogue, grounding).best(readings)
        if best is None:
            return None
        problem = best.message if isinstance(best, Trouble) else ""
        joints = len(segments(asked, self._book)) - 1 if problem else 0
        return Meaning(
            words=words,
            carry_out=lambda scene: self._carry_out(scene, stated, readings),
            problem=problem,
            joints=joints,
        )

    def read_whole(self, text: str, scene: Scene) -> Doing | None:
        """Understand an utterance that asks for something without a verb: ``The remote, please.``, ``I'm thirsty``."""
        words = self._normalizer.trimmed(self._normalizer.words(text), self.openings)
        if not (words and (_is_polite(text) or self._book.may_tell(keys(words)))):
            return None
        stated, asked = self._prefaces.split(words)
        helped = keys(self._normalizer.trimmed(asked, self.openings)) in self._book.helps
        wish = self._prefaces.wish(stated) if stated and (helped or not asked) else ""
        if wish:
            asked = (Word("something", "something"), *(Word(piece, piece) for piece in wish.split()))
        elif not _is_polite(text) or not asked or asked[0].key in self.openings or self.read(words) is not None:
            return None
        bring = self._as_command((*(Word(piece, piece) for piece in ("bring", "me")), *asked))
        readings = self._readings(bring)
        if not readings:
            return None
        best = ReadingGrounder(self._catalogue, self._grounding(self._map(), Leaning())).best(readings)
        if not wish and (best is None or (isinstance(best, Trouble) and best.code != AMBIGUOUS)):
            return None
        return self._carry_out(scene, stated, readings)

    # understanding

    def _as_command(self, words: Words) -> Words:
        """Give a wish as the command it stands for: ``I'd like a coke`` is ``bring me a coke``."""
        words = self._normalizer.trimmed(words, self.openings)
        words = (*words[:1], *(word for word in words[1:] if word.key not in _MANNER))
        said = keys(words)
        for phrase in _WOULD_BE_NICE:
            if len(said) > len(phrase) and said[-len(phrase) :] == phrase:
                return (*(Word(piece, piece) for piece in self._book.wish_verb), *words[: -len(phrase)])
        for phrase in self._book.wishes:
            rest = words[len(phrase) :]
            if starts_with(said, phrase) and rest and rest[0].key != "to":
                if rest[0].key in self.openings and rest[0].key not in self._lexicon.generic:
                    return rest
                bring = [Word(piece, piece) for piece in self._book.wish_verb]
                return (*bring, *rest)
        return words

    def _readings(self, words: Words) -> tuple[Reading, ...]:
        if not words:
            return ()
        shorter = self._normalizer.without_weak_closer(words)
        found = self._grammar.read(tuple(words))
        if len(shorter) < len(words):
            found = (*self._grammar.read(shorter), *found)
        found = (*found, *self._with_exception_moved(words))
        return tuple(sorted(found, key=lambda reading: reading.score))

    def _with_exception_moved(self, words: Words) -> tuple[Reading, ...]:
        """Read what is left out behind the thing: ``put all tools in the crate except the saw``."""
        said = keys(words)
        at = next((i for i in range(3, len(said) - 1) if any(starts_with(said, p, i) for p in _LEFT_OUT)), 0)
        if not at:
            return ()
        before, left_out = tuple(words[:at]), words[at:]
        before = (*before[:-1], before[-1].joined())
        found: list[Reading] = []
        for reading in self._grammar.read(before)[:_MOST_MOVED]:
            spans = {span.slot: span for span in reading.names}
            thing = next(
                (slot for slot, role in slot_roles(reading.expansion, frozenset(spans)).items() if role == "object"), ""
            )
            if thing and spans[thing].end < at:
                end = spans[thing].end
                moved = (*before[:end], *left_out[:-1], left_out[-1].joined(), *before[end:])
                found += [again for again in self._grammar.read(moved) if again.expansion is reading.expansion]
        return tuple(found)

    # carrying out

    def _heard(self, scene: Scene, stated: tuple[Words, ...]) -> Doing:
        notes = self._notes(scene)
        leaning = self._prefaces.leaning(stated)
        scene.notes[_NOTES] = replace(notes, leaning=notes.leaning.joined(leaning))
        return Doing(mentioned=self._named_in(stated, notes.map))

    def _carry_out(self, scene: Scene, stated: tuple[Words, ...], readings: Sequence[Reading]) -> Doing:
        notes = self._notes(scene)
        leaning = notes.leaning.joined(self._prefaces.leaning(stated))
        named = self._named_in(stated, notes.map)
        mentioned = [*scene.mentioned, *([named] if named else [])]
        grounding = self._grounding(notes.map, leaning, mentioned, scene.area)
        best = ReadingGrounder(self._catalogue, grounding, scene.state.holds).best(readings)
        if best is None or isinstance(best, Trouble):
            raise _error(best, readings[0])
        if best.answer:
            return Doing(answer=best.answer)
        question = best.reading.expansion.question
        if question:
            raise self._asked(question, best, grounding)
        statements, after = self._written(best, grounding, knows_hand=HOLDING in scene.state.values)
        scene.notes[_NOTES] = _Notes(after, leaning)
        ids = tuple(thing.id for thing in best.objects)
        if not statements and after.holding:
            return Doing(answer=f"I am holding the {_name(after, after.holding)}.", mentioned=ids)
        if not statements and (told := self._there_already(best.objects, after)):
            return Doing(answer=told, mentioned=ids)
        return Doing(statements=statements, targets=("robot", *ids), mentioned=ids, unless_done=True)

    def _written(
        self, best: GroundedReading, grounding: Grounding, *, knows_hand: bool
    ) -> tuple[tuple[Statement, ...], RobotMap]:
        """Give the statements with every place by its id, and the map after them."""
        statements: list[Statement] = []
        after = grounding.map
        for arguments in best.each:
            wanted = [self._with_ids(one, grounding) for one in best.reading.expansion.statements(arguments)]
            if self._is_there(after, wanted, may_lie_there=best.reading.words[0].key in STAYING):
                continue
            for statement in wanted:
                if self._is_held(after, statement):
                    continue
                after = self._moved(after, statement, knows_hand=knows_hand)
                statements.append(statement)
        return tuple(statements), after

    def _is_there(self, robot_map: RobotMap, statements: Sequence[Statement], *, may_lie_there: bool) -> bool:
        """Whether an earlier clause put the thing where these would: ``get the cup, then bring it to me``.

        :param may_lie_there: it is the same where it lay there from the first: ``leave the cup on the table``.
        """
        ends = [s for s in statements if self._sets_hand(s) == "null" and s.arguments.get("place")]
        if len(ends) != 1 or robot_map.holding:
            return False
        thing = robot_map.get(str(ends[0].arguments.get("object", "")))
        before = self._map().get(thing.id) if thing is not None else None
        if thing is None or before is None:
            return False
        goal = str(ends[0].arguments["place"])
        if may_lie_there and thing.at and thing.at in robot_map.within(goal):
            return True
        return thing.at == goal != before.at

    def _there_already(self, things: Sequence[MapObject], after: RobotMap) -> str:
        """Say of things that need no moving where they are; nothing of those that an earlier clause had moved."""
        before = self._map()
        said = [
            f"The {thing.said} {'are' if is_plural(thing.said) else 'is'} {at_place(before, thing.at)} already."
            for thing in things
            if thing.at and (was := before.get(thing.id)) is not None and was.at == thing.at and not after.holding
        ]
        return " ".join(said)

    def _sets_hand(self, statement: Statement) -> str:
        """Give what an API makes of what the hand holds; empty where it makes nothing of it."""
        document = self._catalogue.get(statement.api)
        return document.sets.get(HOLDING, "") if document is not None else ""

    def _with_ids(self, statement: Statement, grounding: Grounding) -> Statement:
        document = self._catalogue.get(statement.api)
        if document is None:
            return statement
        arguments = dict(statement.arguments)
        for name, value in arguments.items():
            spec = document.parameters.get(name)
            if spec is None or spec.names not in ("place", "surface") or grounding.map.place(str(value)) is not None:
                continue
            place = grounding.places.role(str(value))
            if isinstance(place, Trouble):
                raise _error(place, None)
            arguments[name] = place.id
        return replace(statement, arguments=arguments)

    def _moved(self, robot_map: RobotMap, statement: Statement, *, knows_hand: bool) -> RobotMap:
        """Give the map after a call.

        :param knows_hand: what the hand holds is known, also that it is empty.
        :raises PlanningError: the hand is full, or does not hold what shall be put down.
        """
        document = self._catalogue.get(statement.api)
        if document is None or HOLDING not in document.sets:
            return robot_map
        thing = str(statement.arguments.get("object", ""))
        if document.sets[HOLDING] == "null":
            if knows_hand and robot_map.holding != thing:
                raise _not_now(f"the robot does not hold the {_name(robot_map, thing)}; have it picked up first")
            place = str(statement.arguments.get("place") or robot_map.at)
            return robot_map.moved(thing, place).standing(at=place, holding="")
        if robot_map.holding:
            held = _name(robot_map, robot_map.holding)
            raise _not_now(f"the gripper holds one thing, and that is the {held} then; say where to put it first")
        return robot_map.moved(thing, "").standing(at=robot_map.at, holding=thing)

    def _is_held(self, robot_map: RobotMap, statement: Statement) -> bool:
        """Whether it takes what the hand holds already."""
        document = self._catalogue.get(statement.api)
        takes = document is not None and document.sets.get(HOLDING, "null") != "null"
        return takes and bool(robot_map.holding) and robot_map.holding == statement.arguments.get("object")

    def _asked(self, question: str, best: GroundedReading, grounding: Grounding) -> ClarificationNeeded:
        things = best.objects
        if not things:
            place = next((value for value in best.each[0].values() if isinstance(value, str)), "")
            things = tuple(thing for thing in grounding.map.objects if thing.at in grounding.map.within(place))
        names = list(dict.fromkeys(thing.said for thing in things))
        said = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "it"
        return ClarificationNeeded(
            question.format(object=said), choices=tuple(place.said for place in grounding.map.places)
        )

    def _named_in(self, stated: tuple[Words, ...], robot_map: RobotMap) -> tuple[str, ...]:
        """Give the things that statements name, for ``it`` and ``them``."""
        grounding = self._grounding(robot_map, Leaning())
        found: list[str] = []
        for words in stated:
            said = keys(words)
            at = 0
            while at < len(said):
                ends = range(min(at + _NAME_WORDS, len(said)), at, -1)
                end = next((end for end in ends if self._is_named(grounding, said[at:end])), at)
                if end > at:
                    things = grounding.objects(said[at:end])
                    found += [] if isinstance(things, Trouble) else [thing.id for thing in things]
                at = max(at + 1, end)
        return tuple(dict.fromkeys(found))

    def _is_named(self, grounding: Grounding, said: tuple[str, ...]) -> bool:
        """Whether the words name things by what they are; a kind of which there are several names none."""
        first = said[1:] if self._book.is_determiner(said[0]) else said
        known = bool(first) and any(first == tuple(noun.split()) for noun in grounding.things.nouns)
        return known and not isinstance(grounding.objects(said), Trouble)

    def _notes(self, scene: Scene) -> _Notes:
        notes = scene.notes.get(_NOTES)
        if isinstance(notes, _Notes):
            return notes
        robot_map = self._map()
        holding = scene.state.values.get(HOLDING)
        if isinstance(holding, str) and robot_map.get(holding) is not None:
            robot_map = robot_map.standing(at=robot_map.at, holding=holding)
        return _Notes(robot_map, Leaning())

    def _grounding(
        self, robot_map: RobotMap, leaning: Leaning, mentioned: Sequence[tuple[str, ...]] = (), area: str = ""
    ) -> Grounding:
        return Grounding(
            map=robot_map,
            things=self._things(robot_map),
            lexicon=self._lexicon,
            mentioned=mentioned,
            area=self._area_id(robot_map, area),
            leaning=leaning,
        )

    @staticmethod
    def _area_id(robot_map: RobotMap, area: str) -> str:
        for place in robot_map.places:
            if place.is_area and area and area.casefold() in {name.casefold() for name in place.called}:
                return place.id
        return area

    def _things(self, robot_map: RobotMap) -> KnownThings:
        ids = tuple(thing.id for thing in robot_map.objects)
        if self._known is None or self._known[0] != ids:
            self._known = (ids, KnownThings(robot_map, self._lexicon))
        return self._known[1]


def _name(robot_map: RobotMap, object_id: str) -> str:
    thing = robot_map.get(object_id)
    return thing.said if thing else object_id


def _not_now(message: str) -> PlanningError:
    return PlanningError(f"offline planner: {message}", code=NOT_NOW)


def _is_polite(text: str) -> bool:
    said = text.casefold()
    return "please" in said or "pls" in said


def _error(trouble: Trouble | None, reading: Reading | None) -> PlanningError:
    about = f"{matched_text(reading.words)!r}: " if reading is not None else ""
    if trouble is None:
        return PlanningError(f"offline planner: {about}nothing of it is on the map")
    if trouble.code == AMBIGUOUS and trouble.question:
        return ClarificationNeeded(trouble.question, choices=trouble.choices)
    return PlanningError(f"offline planner: {about}{trouble.message}", code=trouble.code)

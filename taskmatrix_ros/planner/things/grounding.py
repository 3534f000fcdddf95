"""From what was said of things and places to those that are meant, on one map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, UNKNOWN_NAME
from taskmatrix_ros.planner.language.spelling import edits
from taskmatrix_ros.planner.things.description import Description, Tokens, described
from taskmatrix_ros.planner.things.known_things import Fit, KnownThings, plain, squeezed
from taskmatrix_ros.planner.things.leaning import Leaning
from taskmatrix_ros.planner.things.lexicon import Lexicon
from taskmatrix_ros.planner.things.place_names import PlaceNames
from taskmatrix_ros.planner.things.robot_map import MapObject, MapPlace, RobotMap
from taskmatrix_ros.planner.things.trouble import NOT_THERE, Trouble, either, nearest, text_of


@dataclass(frozen=True, kw_only=True)
class Grounding:
    """Grounds words on one map as it is at one moment. Pure.

    :param mentioned: ids that ``it`` and ``them`` stand for, the latest last.
    :param area: where the speaker is: of several places of a name the one there is meant.
    """

    map: RobotMap
    things: KnownThings
    lexicon: Lexicon
    mentioned: Sequence[tuple[str, ...]] = ()
    area: str = ""
    leaning: Leaning = field(default_factory=Leaning)

    @cached_property
    def places(self) -> PlaceNames:
        """The places of the map by name."""
        return PlaceNames(self.map, self.lexicon, self.area)

    def objects(
        self, tokens: Tokens, *, leave: frozenset[str] = frozenset(), origin: Tokens = ()
    ) -> tuple[MapObject, ...] | Trouble:
        """Give the things that are meant, in the order they were said.

        :param origin: where they are said to be, beside what ``tokens`` say.
        :param leave: ids of places where a thing that is meant by kind is not taken from: where it shall go.
        """
        pronoun = self._pronoun(tokens)
        if pronoun is not None:
            return pronoun
        named = self._exactly(tokens)
        if named is not None and not (origin and self.map.knows_where):
            return named
        tokens = self._with_whole_names(self._without_owner(tokens))
        choice = self._choice(tokens, leave, origin)
        if choice is not None:
            return choice
        descriptions = self._with_joined_traits(described(tokens, self.lexicon))
        if not descriptions or tokens[0] in ("me", "us", "you"):
            return Trouble(code=UNKNOWN_NAME, message=f"{text_of(tokens)!r} names no thing")
        chosen: list[MapObject] = []
        for description in descriptions:
            if origin:
                description = replace(description, places=(*description.places, origin))
            found = self._described(description, leave, frozenset(thing.id for thing in chosen))
            if isinstance(found, Trouble):
                return found
            chosen += found
        return tuple({thing.id: thing for thing in chosen}.values())

    def every(self, tokens: Tokens, origin: Tokens = ()) -> tuple[MapObject, ...] | Trouble:
        """Give everything that fits."""
        found: list[MapObject] = []
        for description in described(tokens, self.lexicon):
            wide = replace(description, every=True, count=None)
            wide = replace(wide, places=(*wide.places, origin)) if origin else wide
            some = self._described(wide, frozenset(), frozenset())
            if isinstance(some, Trouble):
                if some.code != NOT_THERE:
                    return some
                continue
            found += some
        return tuple({thing.id: thing for thing in found}.values())

    def is_a_thing(self, tokens: Tokens) -> bool:
        """Whether the words name a kind of thing, whether or not there is one here."""
        return all(self.things.is_known(description.words) for description in described(tokens, self.lexicon))

    def place(self, tokens: Tokens, *, surface: bool = False) -> MapPlace | Trouble:
        """Give the place that is meant, by its name or by a thing that is there.

        :param surface: something shall be put there.
        """
        found = self.places.place(tokens, surface=surface)
        if isinstance(found, Trouble) and found.code == UNKNOWN_NAME:
            return self._beside(tokens) or found
        return found

    def _beside(self, tokens: Tokens) -> MapPlace | None:
        """Give the place of a thing that something shall be put next to."""
        for phrase in (("next", "to"), ("near",), ("beside",), ("by",), ("to",)):
            if tokens[: len(phrase)] == phrase:
                tokens = tokens[len(phrase) :]
        found = self.objects(tokens) if tokens else ()
        if isinstance(found, Trouble) or len(found) != 1 or not found[0].at:
            return None
        return self.map.place(found[0].at)

    # things

    def _pronoun(self, tokens: Tokens) -> tuple[MapObject, ...] | Trouble | None:
        text = text_of(tokens)
        if text == "one" and not self.mentioned:
            return None
        if text in ("one", "it", "that", "this", "that one", "this one", "the same one"):
            held = (self.map.holding,) if self.map.holding else None
            ids = next((ids for ids in reversed(self.mentioned) if self._are_things(ids)), held)
            if ids is None:
                return Trouble(code=AMBIGUOUS, message=f"what is {text!r}? say its name", question=f"What is {text!r}?")
            if len(ids) > 1:
                return self._which([t for t in map(self.map.get, ids) if t], text)
            return tuple(thing for thing in map(self.map.get, ids) if thing)
        if text in ("them", "those", "these", "both", "both of them", "all of them", "they", "them all", "them both"):
            several: list[str] = []
            for ids in reversed(self.mentioned):
                if self._are_things(ids):
                    several = [*ids, *several]
                    if len(ids) > 1:
                        break
            if not several:
                return Trouble(
                    code=AMBIGUOUS, message=f"what is {text!r}? say the names", question=f"What is {text!r}?"
                )
            return tuple(thing for thing in map(self.map.get, dict.fromkeys(several)) if thing)
        return None

    def _are_things(self, ids: Iterable[str]) -> bool:
        ids = tuple(ids)
        return bool(ids) and all(self.map.get(one) is not None for one in ids)

    def _with_whole_names(self, tokens: Tokens) -> Tokens:
        """Keep a name that holds a joint, like ``salt and pepper``, from being cut: it becomes one token."""
        for name in self.things.joined_names:
            words = tuple(name.split())
            at = next((i for i in range(len(tokens)) if tokens[i : i + len(words)] == words), None)
            if at is not None:
                tokens = (*tokens[:at], name, *tokens[at + len(words) :])
        return tokens

    def _with_joined_traits(self, said: Sequence[Description]) -> tuple[Description, ...]:
        """Read ``something fizzy and healthy`` as one thing: what is only like something is said of the one before."""
        joined: list[Description] = []
        for one in said:
            bare = not (one.definite or one.count or one.every)
            if joined and bare and one.words and self.things.is_only_trait(one.words):
                joined[-1] = replace(joined[-1], wanted=(*joined[-1].wanted, one.words, *one.wanted))
            else:
                joined.append(one)
        return tuple(joined)

    def _without_owner(self, tokens: Tokens) -> Tokens:
        """Leave out whose a thing is, where no thing here is called after anybody like that: ``Ben's mouse``."""
        possessive = (t for t in tokens[:-1] if t.endswith("'s") and t not in _NO_OWNERS)
        owner = next(possessive, "")
        if not owner or any(owner in name.casefold().split() for thing in self.map.objects for name in thing.called):
            return tokens
        return tuple("the" if token == owner else token for token in tokens)

    def _choice(self, tokens: Tokens, leave: frozenset[str], origin: Tokens) -> tuple[MapObject, ...] | Trouble | None:
        """Read ``a coke or a milk``: the one that is there; where both are, which one is asked."""
        if "or" not in tokens[1:-1] or not {"not", "isn't", "no", "without", "except", "but", "neither"}.isdisjoint(
            tokens
        ):
            return None
        at = tokens.index("or")
        first = self.objects(tokens[:at], leave=leave, origin=origin)
        other = self.objects(tokens[at + 1 :], leave=leave, origin=origin)
        found = [some for some in (first, other) if not isinstance(some, Trouble)]
        if len(found) == 2:
            return self._which([thing for some in found for thing in some], "one")
        if not found or not (self.is_a_thing(tokens[:at]) and self.is_a_thing(tokens[at + 1 :])):
            return first if isinstance(first, Trouble) else other
        return found[0]

    def _exactly(self, tokens: Tokens) -> tuple[MapObject, ...] | None:
        """Give the one thing of exactly that name, whatever words it is made of."""
        text = squeezed("".join(word for word in tokens if word != ","))
        found = [thing for thing in self.map.objects if text in {squeezed(name) for name in thing.called}]
        return tuple(found) if len(found) == 1 else None

    def _described(
        self, said: Description, leave: frozenset[str], taken: frozenset[str]
    ) -> tuple[MapObject, ...] | Trouble:
        if said.purpose_unknown:
            return Trouble(code=UNKNOWN_NAME, message=f"what is for {said.purpose_unknown!r} is not known")
        words = self._core(said)
        if self.leaning.wants and not said.wanted and set(words) <= self.lexicon.generic:
            said = replace(said, wanted=((self.leaning.wants,),))
        fitting = [thing for thing in self.map.objects if thing.id not in taken and self._fits(thing, said, words)]
        nothing = self._nothing(said, words)
        if not fitting:
            return nothing
        there = self._placed(said, words, fitting)
        if isinstance(there, Trouble):
            return there
        if not said.places:
            kept = [thing for thing in there if thing.at not in leave]
            kept = [t for t in kept if self.lexicon.places.get(plain(self.map.said_place(t.at))) != "trash"] or kept
            there = kept or there
        all_of_them = said.count is not None and said.count > len(there) and said.count == len(fitting)
        if all_of_them and not said.places:
            # "both mugs": the one that is there already stays.
            return tuple(there)
        return self._picked(said, words, self._leaned(there))

    def _placed(self, said: Description, words: Tokens, fitting: Sequence[MapObject]) -> Sequence[MapObject] | Trouble:
        """Give those of the fitting things that are where they are said to be."""
        there = fitting
        for place in said.places:
            ids = self.places.containing(place)
            if isinstance(ids, Trouble):
                near = self._beside(place)
                if near is None:
                    return ids
                ids = frozenset({near.id})
                there = [thing for thing in there if self.things.fit(thing.id, _bare(place)) is None]
            if not self.map.knows_where:
                if said.every or len(fitting) > 1:
                    return Trouble(
                        code=AMBIGUOUS,
                        message=f"where things are is not known before the robot looks; say which {text_of(words)}",
                        question=f"Which of them: {either(self._told(fitting))}?",
                    )
                continue
            # What is nowhere on the map may be anywhere.
            there = [t for t in there if t.at in ids] or [t for t in there if not t.at and t.id != self.map.holding]
            if (elsewhere := self._only_alike(said, words, fitting, there)) is not None:
                return elsewhere
            if not there:
                where = sorted({self.map.said_place(thing.at) for thing in fitting if thing.at})
                known = f"; it is at {either(where)}" if where else ""
                return Trouble(code=NOT_THERE, message=f"there is no {text_of(words)} at {text_of(place)}{known}")
        return there

    def _only_alike(
        self, said: Description, words: Tokens, fitting: Sequence[MapObject], there: Sequence[MapObject]
    ) -> Trouble | None:
        """Ask, where the thing of that very name is elsewhere and another of the kind is there."""
        named = [thing for thing in fitting if self._fit_of(thing, words) is Fit.NAME]
        if said.every or not there or not named or any(self._fit_of(thing, words) is Fit.NAME for thing in there):
            return None
        where = either(sorted({self.map.said_place(thing.at) for thing in named if thing.at})) or "somewhere else"
        names = self._told(there)
        return Trouble(
            code=AMBIGUOUS,
            message=f"the {text_of(words)} is at {where}",
            question=f"The {named[0].said} is at {where}. Do you mean the {either(names)}?",
            choices=(*names, named[0].said),
        )

    def _core(self, said: Description) -> Tokens:
        """Give the noun's words, misspelt ones mended where only one word can be meant."""
        words = tuple(word for token in said.words for word in plain(token).split())
        if not words or self.things.is_known(words) or any(self.things.holds(t.id, words) for t in self.map.objects):
            return words
        return tuple(self._mended(word) for word in words)

    def _mended(self, word: str) -> str:
        if len(word) < 5 or self.lexicon.knows(word) or word in self.things.spellings:
            return word
        near = [known for known in self.things.spellings if known[0] == word[0] and edits(word, known) == 1]
        return near[0] if len(near) == 1 else word

    def _fits(self, thing: MapObject, said: Description, words: Tokens) -> bool:
        if words and self.things.fit(thing.id, words) is None and not self._is_now(thing, words):
            return False
        if not all(self.things.holds(thing.id, phrase) or self._is_now(thing, phrase) for phrase in said.wanted):
            return False
        return not any(self.things.holds(thing.id, phrase) for phrase in (*said.unwanted, *self.leaning.without))

    def _is_now(self, thing: MapObject, words: Tokens) -> bool:
        """Whether the words fit by what was said before: ``the open can`` of ``I opened a sprite``."""
        for named, trait in self.leaning.traits:
            if self.things.fit(thing.id, named) is not None and trait in words:
                rest = tuple(word for word in words if word != trait)
                if not rest or self.things.fit(thing.id, rest) is not None:
                    return True
        return False

    def _picked(self, said: Description, words: Tokens, there: Sequence[MapObject]) -> tuple[MapObject, ...] | Trouble:
        """Choose as many as were asked for, or ask."""
        plural = bool(words) and self.lexicon.singular(words[-1]) != words[-1]
        every = said.every or (said.definite and plural and said.count is None)
        if every:
            return tuple(there)
        best = min((self._fit_of(thing, words) for thing in there), default=Fit.KIND)
        now = [thing for thing in there if self._is_now(thing, words)]
        closest = now or [thing for thing in there if self._fit_of(thing, words) == best]
        wanted = said.count or 1
        if wanted > 1:
            return self._several(said, words, there if len(closest) < wanted else closest, wanted)
        kinds = _alike(closest)
        if len(kinds) > 1:
            return self._which(closest, text_of(words))
        alike = self._here(next(iter(kinds.values())))
        if said.definite and len({thing.at for thing in alike}) > 1 and not said.places:
            return self._where(alike, text_of(words))
        return (self._nearest(alike)[0],)

    def _here(self, alike: list[MapObject]) -> list[MapObject]:
        """Give those in the room the speaker is in, if there are any."""
        in_room = self.map.within(self.area) if self.area else frozenset()
        return [thing for thing in alike if thing.at in in_room] or alike

    def _several(
        self, said: Description, words: Tokens, there: Sequence[MapObject], wanted: int
    ) -> tuple[MapObject, ...] | Trouble:
        kinds = _alike(there)
        if said.unlike:
            if len(kinds) == wanted:
                return tuple(self._nearest(alike)[0] for alike in kinds.values())
            if len(kinds) > wanted:
                return self._which(there, text_of(words), count=wanted)
        elif len(there) == wanted:
            return tuple(there)
        elif len(kinds) == 1 and len(there) > wanted:
            return tuple(self._nearest(there)[:wanted])
        elif len(there) > wanted:
            return self._which(there, text_of(words), count=wanted)
        have = len(kinds) if said.unlike else len(there)
        return Trouble(
            code=NOT_THERE,
            message=f"there {'is' if have == 1 else 'are'} only {have} of {text_of(words)}, not {wanted}",
        )

    def _leaned(self, there: Sequence[MapObject]) -> Sequence[MapObject]:
        """Narrow down by what was said beside the request, as long as something is left."""
        for trait in self.leaning.prefers:
            liked = [thing for thing in there if self.things.holds(thing.id, tuple(trait.split()))]
            there = liked or there
        return there

    def _fit_of(self, thing: MapObject, words: Tokens) -> Fit:
        fit = self.things.fit(thing.id, words) if words else None
        return Fit.KIND if fit is None else fit

    def _nearest(self, alike: Sequence[MapObject]) -> list[MapObject]:
        return sorted(alike, key=lambda thing: (thing.at != self.map.at) if self.map.at else False)

    def _nothing(self, said: Description, words: Tokens) -> Trouble:
        if words and not any(self.things.fit(thing.id, words) is not None for thing in self.map.objects):
            return Trouble(
                code=UNKNOWN_NAME,
                message=f"no {text_of(words)!r} is known{nearest(words, self._told(self.map.objects))}",
            )
        limits = [
            *(text_of(p) for p in said.wanted),
            *(f"not {text_of(p)}" for p in (*said.unwanted, *self.leaning.without)),
        ]
        return Trouble(code=UNKNOWN_NAME, message=f"nothing of {text_of(words)!r} is {' and '.join(limits)}")

    # words for a person

    def _which(self, things: Sequence[MapObject], said: str, count: int = 1) -> Trouble:
        names = self._told(things)
        what = f"Which {self.lexicon.singular(said)}" if count == 1 else f"Which {count} of the {said}"
        if said.split()[:1] and (said.split(maxsplit=1)[0] in self.lexicon.generic):
            what = "Which one" if count == 1 else f"Which {count}"
        question = f"{what}: {either(names)}?"
        return Trouble(code=AMBIGUOUS, message=f"{said!r} can be {either(names)}", question=question, choices=names)

    def _where(self, alike: Sequence[MapObject], said: str) -> Trouble:
        places = tuple(dict.fromkeys(self.map.said_place(thing.at) for thing in alike if thing.at))
        question = f"Which {said}: the one at the {either(places, ' or the one at the ')}?"
        return Trouble(code=AMBIGUOUS, message=f"there is more than one {said}", question=question, choices=places)

    @staticmethod
    def _told(things: Iterable[MapObject]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(thing.said for thing in things))


_NO_OWNERS = frozenset({"that's", "it's", "there's", "what's", "who's", "which's", "here's", "he's", "she's"})


def _bare(words: Tokens) -> Tokens:
    return tuple(word for word in words if word not in ("the", "a", "an", "my", "our", "your"))


def _alike(things: Iterable[MapObject]) -> dict[str, list[MapObject]]:
    """Sort things by name: those of one name are alike."""
    kinds: dict[str, list[MapObject]] = {}
    for thing in things:
        kinds.setdefault(squeezed(thing.said), []).append(thing)
    return kinds

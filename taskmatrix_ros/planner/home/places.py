"""Phrases of place in one clause: ``in the kitchen and the hall``, ``upstairs``, ``rooms 101 and 103``, ``here``."""

from __future__ import annotations

from collections.abc import Iterator

from taskmatrix_ros.planner.home.home_index import HomeIndex, singular
from taskmatrix_ros.planner.home.home_nouns import PLACE_NOUNS
from taskmatrix_ros.planner.home.target import Target
from taskmatrix_ros.planner.home.tokens import Tokens, number_in

DETERMINERS = frozenset({"the", "my", "our", "your", "those", "these", "that", "this", "their", "his", "her"})
_PREPOSITIONS = frozenset({"in", "on", "at", "of", "from", "inside", "across", "around", "throughout", "within", "for"})
HOME_WORDS = frozenset({"house", "home", "apartment", "flat", "place"})
_HERE: tuple[tuple[str, ...], ...] = (
    ("in", "here"),
    ("here",),
    ("in", "this", "room"),
    ("in", "the", "room"),
    ("in", "my", "room"),
    ("in", "our", "room"),
    ("in", "this", "area"),
    ("in", "the", "area"),
    ("in", "this", "space"),
    ("in", "the", "space"),
    ("in", "my", "space"),
    ("this", "room"),
    ("this", "area"),
    ("this", "space"),
    ("of", "this", "room"),
)
_THERE = (("in", "there"), ("over", "there"), ("up", "there"), ("down", "there"), ("out", "there"), ("there",))
_ADVERBS = frozenset({"out", "over", "up", "down", "back"})
"""May stand before a preposition of place: ``out on the deck``."""
_EVERYWHERE: tuple[tuple[str, ...], ...] = (
    ("everywhere",),
    ("all", "over"),
    ("all", "over", "the", "house"),
    ("anywhere",),
)


class PlaceParser:
    """Finds places in the tokens of one clause."""

    def __init__(self, index: HomeIndex, tokens: Tokens) -> None:
        self._index = index
        self._tokens = tokens
        self._keys = tuple(token.key for token in tokens)
        self._places: dict[int, tuple[tuple[int, Target], ...]] = {}

    def phrases(self, at: int) -> tuple[tuple[int, Target], ...]:
        """Give every phrase of place that begins at a token, ``in the kitchen and the hall``; the longest first."""
        if at not in self._places:
            self._places[at] = tuple(sorted(self._read_location(at), key=lambda item: -item[0]))
        return self._places[at]

    def lists(self, at: int) -> list[tuple[int, Target]]:
        """Give every list of places that begins at a token, without a preposition: ``each room in the house``."""
        found = []
        for end, place in self._read_place_list(at):
            found.append((end, place))
            found += [(after, place.at(inner)) for after, inner in self.phrases(end)]
        return found

    def after_joint(self, at: int) -> Iterator[int]:
        """Give where the next of a list may begin, if there is a joint here."""
        comma = 0 < at < len(self._tokens) and self._tokens[at - 1].comma
        for joint in (("and", "also"), ("and", "then"), ("as", "well", "as"), ("and",), ("&",), ("plus",)):
            if self._keys[at : at + len(joint)] == joint:
                yield at + len(joint)
                return
        if comma:
            yield at

    def owner(self, at: int) -> Iterator[tuple[int, Target]]:
        """Read who a room is called after: ``Emma's`` of ``Emma's Room``."""
        for end in range(min(len(self._keys), at + 3), at + 1, -1):
            if self._keys[end - 1] == "'s" and (areas := self._index.owned(self._keys[at:end])):
                yield end, Target(said="", areas=frozenset(areas))
                return

    def owners(self, at: int) -> Iterator[tuple[int, Target]]:
        """Read whose rooms they are: ``Noah's and Lily's rooms``."""
        for end, place in self.owner(at):
            for begin in self.after_joint(end):
                for last, other in self.owner(begin):
                    if self._key(last) in ("room", "rooms", "bedroom", "bedrooms"):
                        yield last + 1, place.at(other)
                for last, more in self.owners(begin):
                    yield last, place.at(more)

    def _read_location(self, at: int) -> Iterator[tuple[int, Target]]:
        for words in _HERE:
            if self._keys[at : at + len(words)] == words:
                yield at + len(words), Target(said="", here=True)
        for words in _THERE:
            if self._keys[at : at + len(words)] == words:
                yield at + len(words), Target(said=" ".join(words), there=True)
        for words in _EVERYWHERE:
            if self._keys[at : at + len(words)] == words:
                yield at + len(words), Target(said="", everywhere=True)
        begin = at + 1 if self._key(at) in _PREPOSITIONS else at
        if self._key(at) in _ADVERBS and self._key(at + 1) in ("in", "on", "at"):
            begin = at + 2
        if begin > at and self._key(begin) in ("of", "at"):
            begin += 1
        found = list(self._read_place_list(begin))
        if begin == at:
            # Without a preposition only floors and what is said like "outside" follow what is there.
            found = [(end, place) for end, place in found if place.floors or place.everywhere or self._is_adverb(at)]
        yield from found

    def _is_adverb(self, at: int) -> bool:
        return self._key(at) in ("outside", "inside", "upstairs", "downstairs", "outdoors", "indoors")

    def _read_place_list(self, at: int) -> Iterator[tuple[int, Target]]:
        yield from self.owners(at)
        for end, place in self._read_one_place(at):
            for begin in self.after_joint(end):
                inner = begin + 1 if self._key(begin) in _PREPOSITIONS else begin
                for last, more in (*self._read_place_list(inner), *self._read_numbered(inner, at)):
                    yield last, place.at(more)
            yield end, place

    def _read_numbered(self, at: int, before: int) -> Iterator[tuple[int, Target]]:
        """Read a number that stands for a room like the one before it: ``rooms 101 and 103``."""
        while self._key(before) in DETERMINERS:
            before += 1
        named = self._index.named((singular(self._key(before)), self._key(at)))
        if number_in(self._key(at)) is not None and named is not None and named.areas:
            place = Target(said="", areas=frozenset(named.areas))
            for begin in self.after_joint(at + 1):
                for last, more in self._read_numbered(begin, before):
                    yield last, place.at(more)
            yield at + 1, place

    def _read_one_place(self, at: int) -> Iterator[tuple[int, Target]]:
        begin, every = at, False
        if self._key(begin) in ("all", "every", "each", "both"):
            every = True
            begin += 1
            if self._key(begin) in ("of", "single"):
                begin += 1
        while self._key(begin) in DETERMINERS:
            begin += 1
        if every and singular(self._key(begin)) in ("room", "area", "floor") and self._key(at) != "both":
            yield begin + 1, Target(said="", everywhere=True)
            return
        several = list(self._of_a_kind(begin, every=every, most=2 if self._key(at) == "both" else 0))
        yield from several
        if not several:
            yield from (found for found in self.one(begin) if not every or self._may_be_several(*found))

    def _may_be_several(self, end: int, place: Target) -> bool:
        """Whether ``all`` or ``both`` may be said of a place: a floor, rooms in the plural, the first of two."""
        if self._key(end) == "and":
            return True
        return not place.areas or singular(self._key(end - 1)) != self._key(end - 1) or len(place.areas) > 1

    def _of_a_kind(self, at: int, *, every: bool, most: int) -> Iterator[tuple[int, Target]]:
        """Read rooms that are called alike: ``both guest rooms``, ``every bedroom``, ``the bathrooms``.

        :param most: how many they must be; 0: two or more.
        """
        for end in range(min(len(self._keys), at + 3), at, -1):
            words = self._keys[at:end]
            one = in_singular(words)
            if not every and (one == words or self._index.named(words) is not None):
                continue
            areas = () if PLACE_NOUNS.issuperset(one) else self._index.areas_called(one)
            if len(areas) > 1 and len(areas) == (most or len(areas)):
                yield end, Target(said="", areas=frozenset(areas))
                return

    def one(self, at: int) -> Iterator[tuple[int, Target]]:
        """Read one place without an article."""
        begin = at + 1 if self._key(at) in ("whole", "entire") else at
        if self._key(begin) in HOME_WORDS:
            yield begin + 1, Target(said="", everywhere=True)
        for end in range(min(len(self._keys), begin + self._index.longest), begin, -1):
            key = self._keys[begin:end]
            named = self._index.named(key) or self._index.named(_of_several(key))
            if named is None or not (named.areas or named.floors):
                continue
            place = (
                Target(said="", areas=frozenset(named.areas))
                if named.areas
                else Target(said="", floors=frozenset(named.floors))
            )
            if self._key(end) in PLACE_NOUNS:
                yield end + 1, place
            yield end, place
            return

    def _key(self, at: int) -> str:
        return self._keys[at] if 0 <= at < len(self._keys) else ""


def in_singular(key: tuple[str, ...]) -> tuple[str, ...]:
    """Give a name in the singular: ``desk lamps`` -> ``desk lamp``, ``lamps 1`` -> ``lamp 1``."""
    if len(key) > 1 and number_in(key[-1]) is not None:
        return (*key[:-2], singular(key[-2]), key[-1])
    return (*key[:-1], singular(key[-1]))


def _of_several(key: tuple[str, ...]) -> tuple[str, ...]:
    """Give the one of ``rooms 101``: ``room 101``."""
    return in_singular(key) if len(key) > 1 and number_in(key[-1]) is not None else key

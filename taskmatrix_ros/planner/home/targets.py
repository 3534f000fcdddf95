"""What a command is about, as it was said: names, kinds of devices, places, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from taskmatrix_ros.planner.home.home_index import HomeIndex, Named, singular
from taskmatrix_ros.planner.home.home_nouns import NOUNS, PLACE_NOUNS, Noun, is_of_kind
from taskmatrix_ros.planner.home.places import DETERMINERS, HOME_WORDS, PlaceParser, in_singular
from taskmatrix_ros.planner.home.target import ALL, BOTH, Target, Targets
from taskmatrix_ros.planner.home.tokens import Tokens, number_in

_INDEFINITE = frozenset({"a", "an", "any", "some", "one"})
_PRONOUNS = frozenset({"it", "them", "that", "these", "those", "this", "both", "one", "ones"})
_EVERYTHING: tuple[tuple[str, ...], ...] = (
    ("everything", "else"),
    ("everything",),
    ("anything",),
    ("something",),
    ("things",),
    ("devices",),
    ("appliances",),
    ("device",),
    ("thing",),
)
_EXCEPT: tuple[tuple[str, ...], ...] = (
    ("except", "for"),
    ("except",),
    ("excluding",),
    ("but", "not"),
    ("but", "leave"),
    ("but", "keep"),
    ("but",),
    ("apart", "from"),
    ("other", "than"),
    ("besides",),
    ("aside", "from"),
    ("not",),
    ("minus",),
    ("save", "for"),
)
_LEAVE = frozenset({"leave", "keep"})
_AS_IT_IS = frozenset({"on", "off", "alone", "open", "closed", "running"})
_MOST_IN_LIST = 12
_MOST_WAYS = 60
"""Ways to read a stretch that are followed: more is no sentence of a person."""


class TargetParser:
    """Finds targets in the tokens of one clause. ``partial``: a part of a name is enough to name a device."""

    def __init__(self, index: HomeIndex, tokens: Tokens, *, partial: bool = False) -> None:
        self._index = index
        self._tokens = tokens
        self._keys = tuple(token.key for token in tokens)
        self._partial = partial
        self._one: dict[int, tuple[tuple[int, Target], ...]] = {}
        self._lists: dict[int, tuple[tuple[int, Targets], ...]] = {}
        self.places = PlaceParser(index, tokens)

    def lists(self, at: int) -> tuple[tuple[int, Targets], ...]:
        """Give every list of targets that begins at a token, with where it ends; the longest first."""
        if at not in self._lists:
            found: dict[tuple[int, Targets], None] = {}
            for end, targets in self._read_list(at, 1):
                complete = _completed(targets)
                if complete is not None:
                    found[(end, complete)] = None
                if len(found) >= _MOST_WAYS:
                    break
            self._lists[at] = tuple(sorted(found, key=lambda item: -item[0]))
        return self._lists[at]

    def exceptions(self, at: int) -> list[tuple[int, Targets]]:
        """Give what is left out by words like ``except`` that begin at a token."""
        for words in _EXCEPT:
            if self._keys[at : at + len(words)] == words:
                begin = at + len(words)
                places = [(end, (place,)) for end, place in self.places.phrases(begin)]
                found = [*self.lists(begin), *places]
                # "but leave the lamp on"
                return [(end + (words[-1] in _LEAVE and self._key(end) in _AS_IT_IS), out) for end, out in found]
        return []

    # ---- lists

    def _read_list(self, at: int, depth: int) -> Iterator[tuple[int, Targets]]:
        for end, target in self._targets(at):
            if depth < _MOST_IN_LIST:
                for begin in self.places.after_joint(end):
                    for last, rest in self._read_list(begin, depth + 1):
                        yield last, (target, *rest)
            yield end, (target,)

    def _targets(self, at: int) -> tuple[tuple[int, Target], ...]:
        if at not in self._one:
            self._one[at] = ()  # an exception inside what is left out is none
            found: dict[tuple[int, Target], None] = {}
            for end, target in self._read_target(at):
                said = " ".join(self._keys[at:end])
                for after, complete in self._with_excepts(end, replace(target, said=said)):
                    found[(after, complete)] = None
                if len(found) >= _MOST_WAYS:
                    break
            self._one[at] = tuple(found)
        return self._one[at]

    def _with_excepts(self, at: int, target: Target) -> Iterator[tuple[int, Target]]:
        yield at, target
        for end, left_out in self.exceptions(at):
            yield end, replace(target, excepts=left_out)

    # ---- one target

    def _read_target(self, at: int) -> Iterator[tuple[int, Target]]:
        # "the" may be the beginning of a name, so both are tried.
        for begin, frame in self._quantified(at):
            yield from self._framed(begin, frame)

    def _framed(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        for end, core in self._cores(at, frame):
            yield from self._located(end, core)
        for end, place in (*self.places.one(at), *self.places.owner(at)):
            begin = end + 1 if self._key(end) == "'s" else end
            inner = replace(frame, areas=place.areas, floors=place.floors, everywhere=place.everywhere, here=place.here)
            for again, framed in self._quantified(begin):
                merged = replace(
                    inner,
                    quantity=framed.quantity or inner.quantity,
                    plural=framed.plural or inner.plural,
                    others=framed.others or inner.others,
                )
                for after, core in self._cores(again, merged):
                    yield from self._located(after, core)
            if self._key(end) == "'s" and end + 1 == len(self._keys):
                yield end + 1, inner  # "all but the kitchen's"
            yield end, inner
        yield from self._by_shortened(at, frame)
        yield from self._by_number(at, frame)

    def _by_shortened(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        """Read a name without its noun, which then stands behind another: ``the left and the right blind``."""
        for end in range(min(len(self._keys), at + self._index.longest), at, -1):
            if self._ends_item(end) and not any(token.comma for token in self._tokens[at : end - 1]):
                for entity_id, noun in self._index.shortened(self._keys[at:end]):
                    yield end, replace(frame, entities=(entity_id,), stripped=noun)

    def _by_number(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        """Read a number that stands for a name like the one before it: ``lamps 1 and 2``."""
        before = at - 2 if self._key(at - 1) in ("and", "&") else at - 1
        if number_in(self._key(at)) is None or before < 1 or number_in(self._key(before)) is None:
            return
        for start in range(max(0, before - 4), before):
            key = (*self._keys[start : before - 1], singular(self._key(before - 1)), self._key(at))
            named = self._index.named(key)
            if named is not None and named.entities:
                yield at + 1, replace(frame, entities=named.entities)
                return

    def _quantified(self, at: int) -> Iterator[tuple[int, Target]]:
        """Read articles and quantities; at last nothing."""
        begin, quantity = self._quantity(at)
        begin, others = self._others(begin)
        if others and self._keys[begin - 2 : begin] == ("rest", "of"):
            quantity = ALL
            begin = self._after_determiners(begin)
        indefinite = not quantity and self._key(begin) in _INDEFINITE and bool(self._key(begin + 1))
        begin += indefinite
        count = number_in(self._key(begin))
        counted = begin > at or ((noun := NOUNS.get((self._key(begin + 1),))) is not None and noun.plural)
        if count is not None and not indefinite and count.is_integer() and 2 <= count <= 20 and counted:
            yield begin + 1, Target(said="", quantity=str(int(count)), plural=True, others=others)
        plural = bool(quantity)
        yield begin, Target(said="", quantity=quantity, plural=plural, indefinite=indefinite, others=others)
        if begin > at and not quantity:
            yield at, Target(said="")

    def _quantity(self, at: int) -> tuple[int, str]:
        """Read ``all of the``, ``each and every``, ``both``, or only an article."""
        key, begin = self._key(at), at
        if key not in ("all", "every", "each", "both"):
            return self._after_determiners(begin), ""
        begin += 1
        if key == "each" and self._keys[begin : begin + 2] == ("and", "every"):
            begin += 2
        for words in (("single", "one"), ("of",)):
            begin += self._key(begin) in words
        return self._after_determiners(begin), BOTH if key == "both" else ALL

    def _others(self, at: int) -> tuple[int, bool]:
        begin = at
        if self._key(begin) in ("whole", "entire") and self._key(begin + 1) not in HOME_WORDS:
            begin += 1
        if self._key(begin) in ("other", "remaining"):
            return begin + 1, True
        if self._keys[begin : begin + 2] == ("rest", "of"):
            return begin + 2, True
        return begin, False

    def _after_determiners(self, at: int) -> int:
        while self._key(at) in DETERMINERS and not self._is_pronoun_alone(at):
            at += 1
        return at

    def _is_pronoun_alone(self, at: int) -> bool:
        return self._key(at) in ("these", "those") and not self._key(at + 1)

    def _cores(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        yield from self._by_name(at, frame)
        yield from self._by_noun(at, frame)
        for words in _EVERYTHING:
            if self._keys[at : at + len(words)] == words:
                more = replace(frame, everything=True, plural=True, others=frame.others or "else" in words)
                yield at + len(words), more
                break
        if self._key(at) in _PRONOUNS and not (frame.is_located and self._key(at) not in ("one", "ones")):
            plural = self._key(at) in ("them", "these", "those", "both", "ones")
            yield at + 1, replace(frame, pronoun=self._key(at), plural=frame.plural or plural)
        if self._partial:
            yield from self._by_part(at, frame)

    def _by_name(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        last = min(len(self._keys), at + self._index.longest + 1)
        for end in range(last, at, -1):
            key = self._keys[at:end]
            if any(token.comma for token in self._tokens[at : end - 1]):
                continue
            named = self._index.named(key)
            if named is not None and (entities := self._named_like(named)):
                yield from self._with_noun(end, replace(frame, entities=entities), is_place=bool(named.areas))
            elif self._index.is_hidden(key):
                yield end, replace(frame, hidden=True)
            one = in_singular(key)
            if one != key and (several := self._index.named(one)) is not None and several.entities:
                if (noun := NOUNS.get(key)) is not None and all(self._is_of(e, noun) for e in several.entities):
                    continue  # "all doors" are all of that kind, whether or not some are called only so
                yield from self._with_noun(end, replace(frame, entities=several.entities, plural=True))

    def _named_like(self, named: Named) -> tuple[str, ...]:
        """Give the entities of a name; of one that is a place's as well only lights, which a place alone means."""
        if not (named.areas or named.floors):
            return named.entities
        return tuple(entity for entity in named.entities if self._index.entity(entity).domain == "light")

    def _ends_item(self, at: int) -> bool:
        return at < len(self._keys) and (self._tokens[at - 1].comma or self._keys[at] in ("and", "&"))

    def _with_noun(self, at: int, target: Target, *, is_place: bool = False) -> Iterator[tuple[int, Target]]:
        """Let a name be followed by what it is: ``the play corner lights``, ``party mode scene``.

        :param is_place: it is the name of a place, too: its lights are then those of the place.
        """
        for length in (3, 2, 1):
            noun = NOUNS.get(self._keys[at : at + length])
            if noun is None or at + length > len(self._keys) or (is_place and noun.plural):
                continue
            fitting = tuple(entity for entity in target.entities if self._is_of(entity, noun))
            if fitting:
                several = target.plural or (target.partial and noun.plural)
                yield at + length, replace(target, entities=fitting, plural=several)
        yield at, target

    def _is_of(self, entity_id: str, noun: Noun) -> bool:
        entity, words = self._index.entity(entity_id), self._index.words_of[entity_id]
        return any(is_of_kind(entity, kind, words) for kind in noun.kinds)

    def _by_noun(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        for length in (3, 2, 1):
            noun = NOUNS.get(self._keys[at : at + length])
            if noun is not None and at + length <= len(self._keys):
                yield at + length, replace(frame, noun=noun, plural=frame.plural or noun.plural)

    def _by_part(self, at: int, frame: Target) -> Iterator[tuple[int, Target]]:
        for end in range(min(len(self._keys), at + 5), at, -1):
            words = self._keys[at:end]
            if any(token.comma for token in self._tokens[at : end - 1]) or "and" in words:
                continue
            found = () if any(number_in(word) is not None for word in words) else self._index.holding(words)
            if found and not all(word in PLACE_NOUNS for word in words):
                several = singular(words[-1]) != words[-1]
                target = replace(frame, entities=found, partial=True, plural=frame.plural or several)
                if self._key(end) in ("one", "1", "ones"):
                    yield end + 1, replace(target, plural=target.plural or self._key(end) == "ones")
                yield from self._with_noun(end, target)

    # ---- places

    def _located(self, at: int, target: Target) -> Iterator[tuple[int, Target]]:
        for end, place in self.places.phrases(at):
            yield from self._located(end, target.at(place))
        yield at, target

    def _key(self, at: int) -> str:
        return self._keys[at] if 0 <= at < len(self._keys) else ""


def _completed(targets: Sequence[Target]) -> Targets | None:
    """Give each its share: a noun said once for several, a quantity, what is left out of all; None if it is no list."""
    complete: list[Target] = []
    noun: Noun | None = None
    plural = False
    for target in reversed(targets):
        if target.stripped and not (noun and noun.kinds == NOUNS[tuple(target.stripped.split())].kinds):
            return None
        shared = target
        if target.is_place and noun is not None and not target.excepts:
            shared = replace(target, noun=noun, plural=plural or target.plural)
        elif not target.is_place and not target.stripped:
            noun = target.noun or _noun_in(target.said)
            plural = target.plural or (noun is not None and noun.plural)
        complete.append(shared)
    complete.reverse()
    for at in range(1, len(complete)):
        before, one = complete[at - 1], complete[at]
        if one.pronoun in ("one", "ones") and one.is_located and before.noun is not None:
            complete[at] = replace(one, pronoun="", noun=before.noun, plural=one.pronoun == "ones")
    last = complete[-1]
    if last.is_located and not last.is_place:
        # "the lights and the tv in the den": a place that is said last is that of all kinds before it.
        complete = [t.at(last) if t.noun and not (t.is_located or t.quantity) else t for t in complete]
    if len(complete) == 2 and complete[0].quantity == BOTH and not complete[1].quantity:
        complete[0] = replace(complete[0], quantity="", plural=bool(complete[0].noun and complete[0].noun.plural))
    if len(complete) > 1 and complete[0].quantity == ALL:
        complete = [replace(t, quantity=ALL) if t.noun and not t.quantity else t for t in complete]
    if len(complete) > 1 and complete[-1].excepts:
        complete = [replace(target, excepts=complete[-1].excepts) for target in complete]
    return tuple(complete)


def _noun_in(said: str) -> Noun | None:
    """Give the noun that a name ends with: it may be meant for what stands before the name, too."""
    return NOUNS.get((said.rpartition(" ")[2],))

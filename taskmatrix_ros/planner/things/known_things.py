"""What words fit which thing of a map: its names, what it also is, what it is like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from taskmatrix_ros.planner.things.lexicon import Lexicon
from taskmatrix_ros.planner.things.robot_map import MapObject, RobotMap


def plain(text: str) -> str:
    """Give a name as it is compared: lower case, single spaces, no underscores or hyphens."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def squeezed(text: str) -> str:
    """Give a name without spaces: ``red bull`` and ``redbull`` are one."""
    return plain(text).replace(" ", "")


_KEPT = 8192


class Fit(IntEnum):
    """How well words fit a thing."""

    NAME = 0
    """They are its name."""
    KIND = 1
    """They say what it is."""


@dataclass(frozen=True, eq=False, slots=True)
class KnownThing:
    """A thing with all the words that fit it."""

    thing: MapObject
    names: frozenset[str]
    """Its names, squeezed."""
    nouns: frozenset[str]
    """What it is: names, the ends of them, kinds."""
    traits: frozenset[str]
    packaging: frozenset[str]


class KnownThings:
    """The things of a map. Built once per set of things: where they are is no part of it.

    A trait that the map records of any thing is only had by the things it is recorded of; of others the lexicon tells.
    """

    def __init__(self, robot_map: RobotMap, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        # One sentence asks the same of the same thing many times over: for each way to cut it.
        self._fit_once = lru_cache(maxsize=_KEPT)(self._fit)
        self._holds_once = lru_cache(maxsize=_KEPT)(self._holds)
        recorded = {lexicon.canonical(plain(t)) for thing in robot_map.objects for t in thing.traits | thing.lacks}
        self._recorded = frozenset(recorded)
        self._things = {thing.id: self._known(thing) for thing in robot_map.objects}
        self.nouns = frozenset().union(*(known.nouns for known in self._things.values()))
        """Every word that some thing is."""
        self.traits = frozenset().union(*(known.traits for known in self._things.values()))
        self.spellings = frozenset(
            word for thing in robot_map.objects for name in thing.called for word in plain(name).split()
        )
        """Every word in a name."""
        self.joined_names = tuple(
            name for thing in robot_map.objects for name in map(plain, thing.called) if "and" in name.split()[1:-1]
        )
        """Names that hold an ``and``."""

    def fit(self, object_id: str, words: tuple[str, ...]) -> Fit | None:
        """Say how words fit a thing; None if they do not."""
        return self._fit_once(object_id, words)

    def _fit(self, object_id: str, words: tuple[str, ...]) -> Fit | None:
        known = self._things[object_id]
        text = " ".join(words)
        for form in (text, self._lexicon.singular(text)):
            if squeezed(form) in known.names:
                return Fit.NAME
        return Fit.KIND if self._covers(known, words) else None

    def is_name(self, object_id: str, words: tuple[str, ...]) -> bool:
        """Whether the words are its name."""
        return self.fit(object_id, words) is Fit.NAME

    def is_only_trait(self, words: tuple[str, ...]) -> bool:
        """Whether the words say what some thing is like, and what none is."""
        return any(self._is_like(known, words) for known in self._things.values()) and not any(
            self.fit(object_id, words) is not None for object_id in self._things
        )

    def holds(self, object_id: str, words: tuple[str, ...]) -> bool:
        """Whether it is what the words say: a name, a kind, or a trait."""
        return self._holds_once(object_id, words)

    def _holds(self, object_id: str, words: tuple[str, ...]) -> bool:
        return self.fit(object_id, words) is not None or self._is_like(self._things[object_id], words)

    def is_known(self, words: tuple[str, ...]) -> bool:
        """Whether the words say something of things, of these or of others."""
        text = " ".join(words)
        return any(self.holds(object_id, words) for object_id in self._things) or self._lexicon.knows(text)

    def _known(self, thing: MapObject) -> KnownThing:
        lexicon = self._lexicon
        called = [plain(name) for name in thing.called]
        packaging = {w for name in called for w in name.split() if w in lexicon.packaging and name != w}
        kinds = lexicon.wider(plain(category) for category in thing.categories)
        is_package = not kinds.isdisjoint(("waste", "container", "dish"))
        own = {noun for name in called for noun in self._ends(name, unpacked=not is_package)}
        own |= {plain(category) for category in thing.categories}
        own |= {noun for category in thing.categories for noun in self._ends(plain(category))}
        nouns = lexicon.wider(own) | own
        has = {lexicon.canonical(plain(trait)) for trait in thing.traits}
        lacks = {lexicon.canonical(plain(trait)) for trait in thing.lacks}
        lacks |= {lexicon.opposites[plain(trait)] for trait in thing.traits if plain(trait) in lexicon.opposites}
        lacks |= {
            lexicon.canonical(plain(trait).removeprefix("not ")) for trait in thing.traits if plain(trait)[:4] == "not "
        }
        told = frozenset().union(*(lexicon.traits.get(noun, frozenset()) for noun in nouns)) - self._recorded
        before = {word for name in called for word in name.split()[:-1]}
        named = {lexicon.canonical(word) for word in before} & (lexicon_traits(lexicon) | before) - self._recorded
        told |= frozenset().union(*(lexicon.traits.get(word, frozenset()) for word in before)) - self._recorded
        traits = (has | told | named | before) - lacks
        # A trait may be recorded as a kind: "fruit" among the attributes, "caffeinated" as category.
        return KnownThing(
            thing,
            frozenset(
                squeezed(form)
                for name in called
                for form in (name, lexicon.singular(name), lexicon.same.get(name, name))
            ),
            frozenset(nouns | lexicon.wider(has & set(lexicon.kinds))),
            frozenset(traits | (nouns & lexicon_traits(lexicon))),
            frozenset(packaging),
        )

    def _ends(self, name: str, *, unpacked: bool = True) -> Iterable[str]:
        """Give a name and what it ends with, and both without what the thing comes in.

        :param unpacked: what it comes in is not the thing itself: a can of soda is soda, an empty one is a can.
        """
        words = name.split()
        if "and" in words:
            yield name
            return
        if len(words) > 2 and words[1] == "of" and words[0] in self._lexicon.packaging:
            yield from self._ends(" ".join(words[2:]))
        if unpacked and len(words) > 1 and words[-1] in self._lexicon.wrappings:
            yield " ".join(words)
            yield words[-1]
            words = words[:-1]
        for start in range(len(words)):
            end = " ".join(words[start:])
            yield end
            yield self._lexicon.singular(end)

    def _covers(self, known: KnownThing, words: tuple[str, ...]) -> bool:
        """Whether the words are traits of it followed by what it is."""
        lexicon = self._lexicon
        if not words:
            return False
        text = " ".join(words)
        canonical = lexicon.canonical(text)
        if text in known.nouns or canonical in known.nouns or lexicon.singular(text) in known.nouns:
            return True
        if text in lexicon.generic or lexicon.singular(text) in lexicon.generic:
            return True
        if len(words) == 1:
            return False
        if len(words) > 2 and words[1] == "of" and lexicon.singular(words[0]) in lexicon.servings:
            return self._covers(known, words[2:])
        if len(words) > 2 and words[1] == "of" and lexicon.singular(words[0]) in lexicon.packaging:
            return self._comes_in(known, words[0]) and self._covers(known, words[2:])
        if (
            lexicon.singular(words[-1]) in lexicon.packaging
            and self._comes_in(known, words[-1])
            and self._covers(known, words[:-1])
        ):
            return True
        if words[0] in lexicon.generic:
            # "something spicy", "anything sweet to eat"
            return all(self._is_like(known, (word,)) or self._covers(known, (word,)) for word in words[1:]) or (
                self._is_like(known, words[1:])
            )
        return any(
            self._is_like(known, words[:cut]) and self._covers(known, words[cut:]) for cut in range(1, len(words))
        )

    def _comes_in(self, known: KnownThing, packaging: str) -> bool:
        return not known.packaging or self._lexicon.singular(packaging) in known.packaging

    def _is_like(self, known: KnownThing, words: tuple[str, ...]) -> bool:
        lexicon = self._lexicon
        words = tuple(word for word in words if word not in ("very", "really", "so", "quite", "too", "more"))
        text = plain(" ".join(words))
        if not text:
            return True
        trait = lexicon.canonical(text)
        if text in known.traits or trait in known.traits or trait in known.nouns:
            return True
        if words[0] in ("non", "not") and len(words) > 1:
            return not self._is_like(known, words[1:])
        if trait in self._recorded:
            return False
        if text in lexicon.opposites:
            return not self._is_like(known, (lexicon.opposites[text],))
        if text in lexicon.idle:
            return True
        return len(words) > 1 and all(self._is_like(known, (word,)) for word in words)


def lexicon_traits(lexicon: Lexicon) -> frozenset[str]:
    """Give every trait a lexicon tells of."""
    return frozenset().union(*lexicon.traits.values()) if lexicon.traits else frozenset()

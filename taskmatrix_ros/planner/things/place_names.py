"""The places of a map by what people call them."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, UNKNOWN_NAME
from taskmatrix_ros.planner.things.description import Tokens
from taskmatrix_ros.planner.things.known_things import plain, squeezed
from taskmatrix_ros.planner.things.lexicon import Lexicon
from taskmatrix_ros.planner.things.robot_map import MapPlace, RobotMap
from taskmatrix_ros.planner.things.trouble import Trouble, either, nearest, text_of

_POINTING = frozenset({"the", "a", "an", "my", "our", "your", "this", "that"})


def _plainly(tokens: Tokens) -> Tokens:
    """Give the words without articles; a letter at the end is no article: ``shelf A``."""
    return tuple(w for at, w in enumerate(tokens) if w not in _POINTING or (w == "a" and 0 < at == len(tokens) - 1))


class PlaceNames:
    """Finds places by name, by the end of a name, by what they are for, by the room they are in. Pure.

    :param area: id of the area the speaker is in: of several places of a name the one there is meant.
    """

    def __init__(self, robot_map: RobotMap, lexicon: Lexicon, area: str = "") -> None:
        self._map = robot_map
        self._lexicon = lexicon
        self._area = area

    def all_places(self, tokens: Tokens) -> tuple[MapPlace, ...] | Trouble:
        """Give the places that are meant, joined by ``and``; what is said behind the last holds for all."""
        whole = self.place(tokens)
        cuts = [at for at, token in enumerate(tokens) if token in ("and", ",", "then", "&")]
        if isinstance(whole, MapPlace) or not cuts:
            return whole if isinstance(whole, Trouble) else (whole,)
        found: list[MapPlace] = []
        for first, end in zip([-1, *cuts], [*cuts, len(tokens)], strict=True):
            part = tuple(token for token in tokens[first + 1 : end] if token not in ("to", "then"))
            if not part:
                continue
            place = self.place(part)
            if isinstance(place, Trouble):
                return place
            found.append(place)
        return tuple(found)

    def place(self, tokens: Tokens, *, surface: bool = False) -> MapPlace | Trouble:
        """Give the place that is meant. :param surface: something shall be put there: no whole room."""
        words = tuple(word for word in _plainly(tokens) if word != "of")
        found = self._found(words)
        if not found:
            return self._no_place(words)
        if surface and all(place.is_area for place in found):
            inside = [p for p in self._map.places if not p.is_area and p.area in {place.id for place in found}]
            if not inside:
                return Trouble(code=UNKNOWN_NAME, message=f"no place to put things on is known in {found[0].said}")
            if len(inside) > 1:
                return self._which_place(inside, f"where in the {found[0].said}")
            return inside[0]
        if len(found) > 1:
            here = [place for place in found if self._area and place.area == self._area]
            if len(here) != 1:
                return self._which_place(found, "which one")
            return here[0]
        return found[0]

    def role(self, word: str) -> MapPlace | Trouble:
        """Give the place that a document names by what it is for: ``user``, ``trash``."""
        found = self._found((word,))
        if len(found) == 1:
            return found[0]
        if found:
            return self._which_place(found, "which one")
        if self._lexicon.places.get(word) == "user" or word == "user":
            return MapPlace(id=word)
        return self._no_place((word,))

    def containing(self, words: Tokens) -> frozenset[str] | Trouble:
        """Give the ids of where a thing is said to be; of several places of a name, all."""
        words = _plainly(words)
        found = self._found(words)
        if not found:
            return self._no_place(words)
        return frozenset().union(*(self._map.within(place.id) for place in found))

    def _found(self, words: Tokens) -> list[MapPlace]:
        text = squeezed("".join(words))
        if not text:
            return []
        for forms in (lambda p: {squeezed(name) for name in p.called}, self._other_names, self._ends):
            found = [place for place in self._map.places if text in forms(place)]
            if found:
                spots = [place for place in found if not place.is_area]
                return spots or found
        owner = next((at for at in range(len(words) - 1, 0, -1) if words[at - 1].endswith(("'s", "s'"))), 0)
        if owner and (found := self._found(words[owner:])):
            return found  # "Mr Becker's cabinet"
        for joint in ("in", "of", "at"):
            if joint in words[1:-1]:
                at = words.index(joint)
                inner = self._found(tuple(w for w in words[at + 1 :] if w not in ("the", "my", "our", "a")))
                areas = {place.id for place in inner} | {place.area for place in inner}
                return [place for place in self._found(words[:at]) if place.area in areas]
        return self._in_room_named(words)

    def _in_room_named(self, words: Tokens) -> list[MapPlace]:
        """Understand ``kitchen counter`` where the kitchen has a place ``counter``."""
        for cut in range(1, len(words)):
            head = squeezed("".join(words[:cut]))
            areas = {p.id for p in self._map.places if p.is_area and head in {squeezed(name) for name in p.called}}
            rest = squeezed("".join(words[cut:]))
            found = [
                p
                for p in self._map.places
                if p.area in areas and rest in {squeezed(name) for name in p.called} | self._other_names(p)
            ]
            if found:
                return found
        return []

    def _other_names(self, place: MapPlace) -> frozenset[str]:
        """Give what else a place of that purpose is called."""
        roles = {self._lexicon.places.get(plain(name)) for name in place.called} - {None}
        return frozenset(squeezed(said) for said, role in self._lexicon.places.items() if role in roles)

    @staticmethod
    def _ends(place: MapPlace) -> frozenset[str]:
        """Give the ends of its names: ``table`` of ``kitchen table``."""
        names = [plain(name).split() for name in place.called]
        owned = {squeezed(name.split()[0]) for name in place.called if " " in name and name.split()[0].endswith("'s")}
        return frozenset(owned) | frozenset("".join(name[start:]) for name in names for start in range(1, len(name)))

    def _no_place(self, words: Tokens) -> Trouble:
        names = [place.said for place in self._map.places]
        return Trouble(code=UNKNOWN_NAME, message=f"no place {text_of(words)!r} is known{nearest(words, names)}")

    @staticmethod
    def _which_place(places: Sequence[MapPlace], what: str) -> Trouble:
        names = tuple(place.said for place in places)
        return Trouble(
            code=AMBIGUOUS,
            message=f"it can be {either(names)}",
            question=f"{what.capitalize()}: {either(names)}?",
            choices=names,
        )

"""From what was said to the entities that are meant, or to why that cannot be told."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Scene
from taskmatrix_ros.planner.grammar.reading import NOT_NOW, UNKNOWN_NAME
from taskmatrix_ros.planner.home.home_index import PLACE_NOTE, HomeIndex, singular
from taskmatrix_ros.planner.home.home_nouns import SWITCHABLE, Kind, is_of_kind
from taskmatrix_ros.planner.home.target import ALL, BOTH, Target

UNFIT = "UNFIT"
"""A device is known and cannot do what was asked."""

_SHOWN = 8
_TOLD_AT_ONCE = 3
"""Of so many things of a kind the state is told rather than asked which one is meant."""
_OF_THE_HOME = frozenset({"vacuum", "lawn_mower", "alarm_control_panel", "water_heater", "valve", "lock", "siren"})
"""Domains of which a home has one, wherever it stands."""


@dataclass(frozen=True, kw_only=True)
class Want:
    """What is asked of targets: ``verb`` for messages, the domains that can do it.

    ``fits``: which entities of these can; ``careful``: for several that nobody named, a person is asked first;
    ``place_domains``: what a place alone means.
    """

    verb: str
    domains: frozenset[str]
    fits: Callable[[HomeEntity], bool] = lambda _entity: True
    careful: bool = False
    place_domains: frozenset[str] = frozenset()
    all_here: frozenset[str] = frozenset()
    """Domains of which ``all`` without a place means those where the speaker is."""
    question: bool = False
    """Nothing is done: kinds without a place are those of the whole home."""
    several_ask: bool = False
    """Without a quantity it is one that is meant: several are asked about."""


class Resolver:
    """Resolves the targets of one clause in its scene."""

    def __init__(self, index: HomeIndex, scene: Scene) -> None:
        self._index = index
        self._scene = scene
        spoken_of = scene.notes.get(PLACE_NOTE)
        self._spoken_of = spoken_of if isinstance(spoken_of, str) and spoken_of in index.areas else None
        self._here = self._spoken_of or (index.area_of(scene.area) if scene.area else None)
        self._named_all = False

    @property
    def here(self) -> str | None:
        """The id of the area the speaker is in."""
        return self._here

    def resolve(self, targets: Iterable[Target], want: Want) -> tuple[str, ...]:
        """Give the ids that are meant, without repetition, in the home's order.

        :raises ClarificationNeeded: several fit, or it is a lot that is not easily undone.
        :raises PlanningError: nothing fits: ``UNKNOWN_NAME``, or ``UNFIT`` where it cannot do that.
        """
        included = [(target, self._included(target, want)) for target in self._with_clear_exceptions(targets)]
        # "the fountain and the sauna but not the pool": it is clear already what is meant, nothing has to be left out.
        self._named_all = all(target.entities and not target.quantity for target, _ in included)
        left_out: set[str] = set()
        for out in dict.fromkeys(out for target, _ in included for out in target.excepts):
            left_out.update(self._left_out(out, [e for target, ids in included if out in target.excepts for e in ids]))
        found = dict.fromkeys(
            entity for target, ids in included for entity in ids if not (target.excepts and entity in left_out)
        )
        if included and not found:
            said = included[0][0].said
            raise PlanningError(f"nothing is left of {said!r} to be {want.verb}; say what is meant", code=UNKNOWN_NAME)
        return tuple(found)

    def _with_clear_exceptions(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Ask where a place behind an exception may be that of all: ``every lamp but the tall one in the den``."""
        for target in targets:
            for out in target.excepts:
                if out.is_located and len(out.entities) == 1 and not target.is_located:
                    where, name = self.place_text(out), self._index.name(out.entities[0])
                    raise ClarificationNeeded(
                        f"Do you mean all in {where} but {name}, or all everywhere but {name}?",
                        choices=(f"all in {where}", "all everywhere"),
                    )
            yield target

    def _included(self, target: Target, want: Want) -> tuple[str, ...]:
        if target.hidden:
            raise self.unknown(target.said)
        if target.pronoun:
            return self._standing_for(target, want)
        if target.entities:
            return self._by_name(target, want)
        if target.noun is not None:
            return self._by_noun(target, want)
        if target.everything:
            return self._everything(target, want)
        return self._at_place(target, want)

    def _left_out(self, target: Target, ids: Sequence[str]) -> tuple[str, ...]:
        """Give which of these an exception means; it must mean something."""
        found: tuple[str, ...]
        if target.hidden:
            raise self.unknown(target.said)
        if target.entities:
            found = tuple(entity for entity in ids if entity in target.entities)
            if len(found) > 1 and target.partial and not target.plural:
                raise self._which(target.said, found)
        elif target.noun is not None:
            places = self._places(target)
            kinds = target.noun.kinds
            found = tuple(e for e in ids if self._is_of(e, kinds) and (places is None or self._area(e) in places))
        elif target.is_located or target.pronoun in ("one", "ones"):
            places = self._places(target) or frozenset()
            found = tuple(entity for entity in ids if self._area(entity) in places)
        else:
            found = ()
        if not found and not (self._named_all and target.entities):
            raise PlanningError(f"'except {target.said or 'that'}' leaves nothing out here", code=UNKNOWN_NAME)
        return found

    # ---- names

    def _by_name(self, target: Target, want: Want) -> tuple[str, ...]:
        able = self._able(target.entities, want)
        if not able:
            raise self._unfit(target.entities, want)
        places = self._places(target)
        if places is not None:
            there = tuple(entity for entity in able if self._area(entity) in places)
            if not there:
                where = self.place_text(target)
                names = _listed(self._index.name(entity) for entity in able[:_SHOWN])
                raise PlanningError(f"{names} is not in {where}", code=UNKNOWN_NAME)
            able = there
        if len(able) == 1:
            return self._counted(target, able)
        if want.careful and places is None and (target.quantity == ALL or target.plural):
            raise self._sure(want.verb, able)
        if target.quantity or (target.plural and not target.partial):
            return self._counted(target, able)
        if target.partial and target.plural:
            return self._counted(target, able)
        near = tuple(entity for entity in able if self._here and self._area(entity) == self._here)
        if len(near) == 1 and places is None:
            return near
        raise self._which(target.said, able)

    def _counted(self, target: Target, ids: tuple[str, ...]) -> tuple[str, ...]:
        wanted = 2 if target.quantity == BOTH else int(target.quantity) if target.quantity.isdigit() else None
        if wanted is not None and len(ids) != wanted:
            raise self._which(target.said, ids)
        return ids

    # ---- kinds

    def _by_noun(self, target: Target, want: Want) -> tuple[str, ...]:
        assert target.noun is not None
        kinds = tuple(kind for kind in target.noun.kinds if kind.domain in want.domains)
        if not kinds:
            raise PlanningError(f"{target.said} cannot be {want.verb}", code=UNFIT)
        everyone = [entity.entity_id for entity in self._index.exposed if self._is_of(entity.entity_id, kinds)]
        everyone = list(self._able(everyone, want))
        places = self._places(target)
        if target.others:
            everyone = [entity for entity in everyone if entity not in self._last(target)]
        if places is not None:
            found = tuple(entity for entity in everyone if self._area(entity) in places)
            if not found:
                raise PlanningError(
                    f"there is no {singular_of(target.noun.text)} in {self.place_text(target)}", code=UNKNOWN_NAME
                )
        elif target.everywhere:
            found = tuple(everyone)
        else:
            found = self._without_place(target, want, tuple(everyone))
        if not found:
            raise PlanningError(f"there is no {singular_of(target.noun.text)} that I may use here", code=UNKNOWN_NAME)
        if target.quantity not in ("", ALL):
            return self._counted(target, self._called_so(target, found))
        if len(found) > 1:
            if (target.indefinite or want.several_ask) and not (target.plural or want.question):
                raise self._which(target.said, found)
            narrowed = places is not None or len(self._near(found)) == len(found)
            if want.careful and not (narrowed and (target.plural or target.quantity)):
                raise self._sure(want.verb, found)
        return found

    def _called_so(self, target: Target, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Give those whose names hold the noun, where it is just as many as were said: ``both heaters``."""
        assert target.noun is not None
        words = singular_of(target.noun.text).split()
        called = tuple(entity for entity in ids if self._index.words_of[entity].issuperset(words))
        wanted = 2 if target.quantity == BOTH else int(target.quantity)
        return called if len(called) == wanted else ids

    def _without_place(self, target: Target, want: Want, everyone: tuple[str, ...]) -> tuple[str, ...]:
        assert target.noun is not None
        domains = {kind.domain for kind in target.noun.kinds}
        if want.question and (target.plural or target.indefinite or not self._near(everyone)):
            if len(everyone) > _TOLD_AT_ONCE and not (target.plural or target.indefinite):
                raise self._which(target.said, everyone)
            return everyone
        if target.quantity == ALL and not (domains & want.all_here and self._here):
            return everyone
        if target.quantity not in ("", ALL):
            near = self._near(everyone)
            return near if len(near) > 1 else everyone
        if self._here:
            near = self._near(everyone)
            if near:
                return near
            if len(everyone) == 1 and self._is_of_the_home(target, everyone[0]):
                return everyone
            where = self._index.areas[self._here].name
            raise PlanningError(
                f"there is no {singular_of(target.noun.text)} in {where}, where you are", code=UNKNOWN_NAME
            )
        if len(everyone) > 1 and not target.plural:
            raise self._which(target.said, everyone)
        return everyone

    def _is_of_the_home(self, target: Target, entity_id: str) -> bool:
        """Whether a kind that is not where the speaker is may be the only one there is: ``the garage door``."""
        entity = self._index.entity(entity_id)
        if entity.domain == "cover":
            return entity.device_class in ("garage", "gate")
        return entity.domain in _OF_THE_HOME or not (target.plural or entity.domain in ("light", "fan"))

    def _last(self, target: Target) -> tuple[str, ...]:
        if not self._scene.mentioned:
            raise ClarificationNeeded(f"Which are {target.said!r}? Say what the others are.")
        return self._scene.mentioned[-1]

    def _near(self, ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(entity for entity in ids if self._here and self._area(entity) == self._here)

    def _everything(self, target: Target, want: Want) -> tuple[str, ...]:
        places = self._places(target)
        domains = want.domains if want.question else want.domains & frozenset(SWITCHABLE) or want.domains
        ids = [e.entity_id for e in self._index.exposed if e.domain in domains]
        if target.others:
            ids = [entity for entity in ids if entity not in self._last(target)]
        if places is not None:
            found = self._able([entity for entity in ids if self._area(entity) in places], want)
            if not found:
                raise PlanningError(f"there is nothing to {want.verb} in {self.place_text(target)}", code=UNKNOWN_NAME)
            return found
        if want.question:
            return self._able(ids, want)
        raise self._sure(want.verb, self._able(ids, want))

    def _at_place(self, target: Target, want: Want) -> tuple[str, ...]:
        if not want.place_domains and want.careful and (there := self.in_area(want.domains, self._places(target))):
            raise self._sure(want.verb, there)
        if not want.place_domains:
            raise PlanningError(f"say what to {want.verb} in {self.place_text(target)}", code=UNFIT)
        places = self._places(target)
        ids = [e.entity_id for e in self._index.exposed if e.domain in want.place_domains]
        if places is not None:
            ids = [entity for entity in ids if self._area(entity) in places]
        found = self._able(ids, want)
        if not found:
            what = " or ".join(sorted(want.place_domains)).replace("_", " ")
            raise PlanningError(f"there is no {what} in {self.place_text(target)}", code=UNKNOWN_NAME)
        return found

    def in_area(self, domains: Collection[str], areas: Collection[str] | None) -> tuple[str, ...]:
        """Give the exposed entities of domains in areas; None: anywhere."""
        return tuple(
            e.entity_id for e in self._index.exposed if e.domain in domains and (areas is None or e.area in areas)
        )

    # ---- pronouns

    def _standing_for(self, target: Target, want: Want) -> tuple[str, ...]:
        for mentioned in reversed(self._scene.mentioned):
            able = self._able([entity for entity in mentioned if entity in self._index.words_of], want)
            if able:
                return self._counted(target, able) if target.quantity else able
        raise ClarificationNeeded(f"What do you mean by {target.said!r}? Say its name.")

    # ---- places

    def _places(self, target: Target) -> frozenset[str] | None:
        """Give the ids of the areas that were said; None where none was, or the whole home."""
        if target.here:
            if self._here is None:
                raise ClarificationNeeded(
                    "Which room do you mean by 'here'? I do not know where you are.",
                    choices=sorted(area.name for area in self._index.areas.values()),
                )
            return frozenset({self._here})
        if target.there:
            return frozenset({self._there(target)})
        if target.areas or target.floors:
            on_floors = self._index.areas_on(tuple(target.floors))
            if target.areas and target.floors:
                # "the bathroom upstairs": an area on a floor; "the kitchen and upstairs": both.
                common = target.areas & on_floors
                return common or target.areas | on_floors
            return target.areas | on_floors
        return None

    def _there(self, target: Target) -> str:
        """Give the room that was spoken of last."""
        if self._spoken_of is not None:
            return self._spoken_of
        last = self._scene.mentioned[-1] if self._scene.mentioned else ()
        areas = {self._area(entity) for entity in last if entity in self._index.words_of} - {None}
        area = areas.pop() if len(areas) == 1 else None
        if area is None:
            raise ClarificationNeeded(f"Which room do you mean by {target.said!r}? Say its name.")
        return area

    def places_of(self, target: Target) -> frozenset[str] | None:
        """Give the areas that a target names; None where it names none."""
        return self._places(target)

    def place_text(self, target: Target) -> str:
        """Say where a target is."""
        names = [self._index.areas[area].name for area in sorted(target.areas)]
        names += [self._index.floors[floor].name for floor in sorted(target.floors)]
        if target.there:
            names.append(self._index.areas[self._there(target)].name)
        if target.here and self._here:
            names.append(self._index.areas[self._here].name)
        return _listed(names) if names else "the home"

    def _area(self, entity_id: str) -> str | None:
        return self._index.entity(entity_id).area

    # ---- abilities

    def _able(self, ids: Iterable[str], want: Want) -> tuple[str, ...]:
        return tuple(
            entity_id
            for entity_id in ids
            if (entity := self._index.entity(entity_id)).domain in want.domains and want.fits(entity)
        )

    def _is_of(self, entity_id: str, kinds: Collection[Kind]) -> bool:
        entity = self._index.entity(entity_id)
        return any(is_of_kind(entity, kind, self._index.words_of[entity_id]) for kind in kinds)

    # ---- what is told

    def unknown(self, said: str) -> PlanningError:
        """Say that nothing is called so, with the nearest name that may be said."""
        names = {name.casefold(): name for name in self._index.names()}
        near = difflib.get_close_matches(said.casefold(), names, n=1, cutoff=0.35)
        meant = [names[name] for name in near]
        hint = f"; did you mean {meant[0]!r}?" if meant else ""
        return PlanningError(f"there is nothing called {said!r} here{hint}", code=UNKNOWN_NAME, nearest=meant)

    def _unfit(self, ids: Sequence[str], want: Want) -> PlanningError:
        entity = self._index.entity(ids[0])
        what = entity.domain.replace("_", " ")
        article = "an" if what[0] in "aeiou" else "a"
        name = self._index.name(ids[0])
        return PlanningError(f"{name} is {article} {what}: it cannot be {want.verb}", code=UNFIT, nearest=(name,))

    def _which(self, said: str, ids: Sequence[str]) -> ClarificationNeeded:
        titles = [self._index.title(entity, ids) for entity in ids]
        shown = titles if len(titles) <= _SHOWN else [*titles[:_SHOWN], f"{len(titles) - _SHOWN} more"]
        return ClarificationNeeded(f"Which do you mean by {said!r}: {_listed(shown, 'or')}?", choices=titles)

    def _sure(self, verb: str, ids: Sequence[str]) -> ClarificationNeeded:
        if not ids:
            return ClarificationNeeded("There is nothing here for which that could be done. What do you mean?")
        titles = [self._index.title(entity, ids) for entity in ids]
        shown = titles if len(titles) <= _SHOWN else [*titles[:_SHOWN], f"{len(titles) - _SHOWN} more"]
        return ClarificationNeeded(
            f"Shall really all of these be {verb}: {_listed(shown)}? Say which, by name or room.", choices=titles
        )


def singular_of(text: str) -> str:
    """Give the singular of a noun phrase."""
    *before, last = text.split()
    return " ".join([*before, singular(last)])


def not_now(message: str) -> PlanningError:
    """Say that the state does not allow it."""
    return PlanningError(message, code=NOT_NOW)


def _listed(names: Iterable[str], joint: str = "and") -> str:
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {joint} {listed[-1]}"


listed = _listed

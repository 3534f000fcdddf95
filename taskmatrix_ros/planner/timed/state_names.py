"""Which keys of state a person's words mean: ``the front door``, ``the temperature in the kitchen``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.catalogue_views import that_speak
from taskmatrix_ros.core.home import Home, HomeEntity
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.expressions.key_template import expand_key, key_parameters, key_pattern

UNITS = frozenset({"c", "pct", "s", "m", "lx", "w", "v", "a", "ratio", "rad", "n", "m_s", "min", "ppm", "hpa"})
FILLERS = frozenset({"the", "a", "an", "my", "our", "your", "in", "of", "at", "on", "for", "'s", "is", "there", "any"})
_NUMERIC = (ValueType.NUMBER, ValueType.INTEGER)
_KINDS = frozenset(
    {
        *(
            "room",
            "binary_sensor",
            "sensor",
            "switch",
            "input_boolean",
            "cover",
            "media_player",
            "light",
            "lock",
            "fan",
        ),
        *("climate", "device", "person", "device_tracker", "thermometer", "contact", "input_number"),
    }
)
"""First parts of keys that a person need not say."""
_SAME = {
    "outside": "weather",
    "outdoors": "weather",
    "outdoor": "weather",
    "tv": "tv",
    "television": "tv",
    "telly": "tv",
    "ac": "ac",
    "conditioner": "ac",
    "conditioning": "ac",
    "lamp": "light",
    "lights": "light",
    "blind": "blinds",
    "shades": "blinds",
    "livingroom": "living",
    "humid": "humidity",
}
_DROPPED = frozenset({"air", "level", "current", "sensor", "status", "state"})


@dataclass(frozen=True, slots=True)
class StateName:
    """A key with the words it goes by. ``quantity``: what is measured; ``state`` where it tells how something is."""

    key: str
    entity: frozenset[str]
    required: frozenset[str]
    """Those of ``entity`` that have to be said."""
    quantity: str
    type: ValueType
    unit: str | None = None
    device_class: str = ""


class StateNames:
    """What may be asked of the world, by name. Built from documents and from what was heard."""

    def __init__(self, names: Iterable[StateName], templates: Iterable[StateSpec] = ()) -> None:
        """:param templates: keys with one place, whose values nobody lists."""
        self._names = tuple(names)
        self._templates = tuple(templates)

    @property
    def names(self) -> tuple[StateName, ...]:
        """All of them."""
        return self._names

    @staticmethod
    def of_catalogue(catalogue: Catalogue, heard: Mapping[str, Any]) -> StateNames:
        """Name what the documents speak of: a key's place for an argument takes that argument's values."""
        values: dict[str, set[str]] = {}
        for document in that_speak(catalogue.documents()):
            for name, parameter in document.parameters.items():
                values.setdefault(name, set()).update(map(str, parameter.enum or ()))
        found: dict[str, StateName] = {}
        for spec in catalogue.states():
            slots = key_parameters(spec.key)
            keys = {spec.key} if not slots else {key for key in heard if key_pattern(spec.key).fullmatch(key)}
            if len(slots) == 1:
                keys |= {expand_key(spec.key, {slots[0]: value}) for value in values.get(slots[0], ()) if value}
            for key in sorted(keys):
                found.setdefault(key, state_name(key, spec.type, spec.unit))
        for key, value in heard.items():
            if key not in found and not key.startswith("home.") and key.rpartition(".")[2] not in _DESCRIBING:
                found[key] = state_name(key, _type_of(value), None)
        return StateNames(found.values(), (spec for spec in catalogue.states() if len(key_parameters(spec.key)) == 1))

    @staticmethod
    def of_home(home: Home) -> StateNames:
        """Name the entities that a person may speak of."""
        areas = {area.id: (area.name, *area.aliases) for area in home.areas}
        found = []
        for entity in home.entities:
            if entity.exposed:
                rooms = areas.get(entity.area or "", ())
                found += [_entity_name(entity, name, rooms) for name in entity.names]
                if "current_temperature" in entity.attributes:
                    found += [_warmth_of(entity, name) for name in rooms or entity.names]
        return StateNames(found)

    def __add__(self, other: StateNames) -> StateNames:
        return StateNames((*self._names, *other.names), self._templates)

    def guess(self, said: Sequence[str], quantity: str) -> StateName | None:
        """Put words into a key that has a place for them: ``the attic`` into ``room.{room}.temperature_c``."""
        for spec in self._templates:
            if said and quantity_of(spec.key.rpartition(".")[2]) == quantity and spec.type in _NUMERIC:
                key = expand_key(spec.key, {key_parameters(spec.key)[0]: "_".join(said)})
                return state_name(key, spec.type, spec.unit)
        return None

    def find(
        self,
        said: Sequence[str],
        *,
        quantity: str = "",
        types: Sequence[ValueType] = (),
        fits: Callable[[StateName], bool] = lambda _name: True,
    ) -> tuple[StateName, ...]:
        """Give the keys that words may mean, the best first; several that are equally good, or none.

        :param quantity: what is measured; any if empty.
        :param fits: says of a name whether it is of the right kind.
        """
        words = content(said)
        best: list[tuple[tuple[int, int], StateName]] = []
        for name in self._names:
            if types and name.type not in types:
                continue
            if (quantity and name.quantity != quantity) or not fits(name):
                continue
            known = name.entity | {name.quantity}
            if not words or not words <= known or not name.required & words:
                continue
            missing = len(name.required - words)
            best.append(((missing, len(name.entity - words)), name))
        if not best:
            return ()
        least = min(rank for rank, _ in best)
        return tuple({name.key: name for rank, name in best if rank == least}.values())


def state_name(
    key: str, kind: ValueType, unit: str | None, device_class: str = "", extra: Sequence[str] = ()
) -> StateName:
    """Name a key by its own parts: ``light.living_room.state`` is the living room light's state."""
    *entity, attribute = key.split(".")
    head, *parts = entity
    words = {_SAME.get(word, word) for part in parts for word in part.split("_")}
    first = set() if head in ("binary_sensor", "sensor") else {_SAME.get(word, word) for word in head.split("_")}
    required = words or first
    return StateName(
        key=key,
        entity=frozenset(words | first | {word for name in extra for word in content(name.lower().split())}),
        required=frozenset(required if head in _KINDS or not parts else words | first),
        quantity=_OF_A_THERMOSTAT.get(attribute, quantity_of(attribute))
        if head == "climate"
        else quantity_of(attribute),
        type=kind,
        unit=unit,
        device_class=device_class,
    )


CURRENT = "current_temperature_c"
"""The attribute in which a thermostat tells how warm it is."""
_OF_A_THERMOSTAT = {CURRENT: "temperature", "temperature_c": "target"}


def _warmth_of(entity: HomeEntity, place: str) -> StateName:
    """Name how warm it is where a thermostat is."""
    own = {word for name in entity.names for word in content(name.lower().split())}
    named = content(place.lower().split())
    return StateName(
        key=f"{entity.entity_id}.{CURRENT}",
        entity=named | own | {"climate", "thermostat"},
        required=named,
        quantity="temperature",
        type=ValueType.NUMBER,
        unit="c",
    )


_QUANTITIES = {"illuminance": "brightness", "carbon_dioxide": "co2", "moisture": "humidity"}


def _entity_name(entity: HomeEntity, name: str, rooms: Sequence[str]) -> StateName:
    own = content(name.lower().split())
    kind = ValueType.NUMBER if _is_number(entity.state) else ValueType.STRING
    quantity = _QUANTITIES.get(entity.device_class, entity.device_class) if kind is ValueType.NUMBER else ""
    return StateName(
        key=f"{entity.entity_id}.state",
        entity=own
        | {word for room in rooms for word in content(room.lower().split())}
        | {_SAME.get(entity.domain, entity.domain)},
        required=own,
        quantity=quantity or "state",
        type=kind,
        unit=_UNIT_NAMES.get(str(entity.attributes.get("unit_of_measurement") or "")),
        device_class=entity.device_class,
    )


_UNIT_NAMES = {"°C": "c", "°F": "f", "%": "pct", "lx": "lx", "W": "w", "ppm": "ppm"}


def _is_number(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return False
    return True


def quantity_of(attribute: str) -> str:
    """Give an attribute without its unit: ``temperature_c`` is ``temperature``."""
    stem, _, unit = attribute.rpartition("_")
    return stem if stem and unit in UNITS else attribute


def content(words: Sequence[str]) -> frozenset[str]:
    """Give the words that name something."""
    plain = (word.removesuffix("'s") for word in words)
    return frozenset(_SAME.get(word, word) for word in plain if word not in FILLERS and word not in _DROPPED)


_DESCRIBING = frozenset(
    {
        *("device_class", "state_class", "unit_of_measurement", "temperature_unit", "friendly_name", "icon"),
        *("supported_features", "supported_color_modes", "color_mode", "code_format", "entity_picture", "attribution"),
    }
)
"""Attributes that say what a thing is, not how it is: no rule waits for them."""


def _type_of(value: Any) -> ValueType:
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    return ValueType.NUMBER if isinstance(value, int | float) else ValueType.STRING

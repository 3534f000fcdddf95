"""What people call kinds of devices: words for domains and device classes of Home Assistant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from taskmatrix_ros.core.home import HomeEntity


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity: a domain, and of some domains only certain device classes (none given: any)."""

    domain: str
    classes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Noun:
    """A word for kinds. ``plural``: it is said of several."""

    text: str
    kinds: tuple[Kind, ...]
    plural: bool


def _kind(text: str) -> Kind:
    domain, _, classes = text.partition(":")
    return Kind(domain, frozenset(filter(None, classes.split("/"))))


_TABLE: tuple[tuple[str, str, str], ...] = (
    # singular, plural, kinds (domain:class/class)
    ("light|lamp|lighting|light bulb|bulb", "lights|lamps|light bulbs|bulbs", "light"),
    ("fan", "fans", "fan"),
    ("switch", "switches", "switch input_boolean"),
    ("plug|outlet|socket|power outlet", "plugs|outlets|sockets|power outlets", "switch:outlet"),
    ("blind|roller blind|venetian blind", "blinds|roller blinds|venetian blinds", "cover:blind"),
    ("curtain|drape", "curtains|drapes", "cover:curtain"),
    ("shade", "shades", "cover:shade"),
    ("shutter|roller shutter", "shutters|roller shutters", "cover:shutter"),
    ("awning", "awnings", "cover:awning"),
    ("gate", "gates", "cover:gate lock"),
    ("garage door|garage", "garage doors", "cover:garage"),
    ("window", "windows", "cover:window binary_sensor:window"),
    ("door", "doors", "cover:door lock binary_sensor:door/garage_door/opening"),
    ("cover|window covering", "covers|window coverings", "cover"),
    ("lock|door lock", "locks|door locks", "lock"),
    ("valve|water valve", "valves|water valves", "valve"),
    (
        (
            "thermostat|heating|heat|heater|radiator|ac|air conditioner|air conditioning|aircon|climate|"
            "climate control|hvac"
        ),
        "thermostats|heaters|radiators|air conditioners|acs",
        "climate",
    ),
    ("tv|television|telly|tv set", "tvs|televisions|tellies", "media_player:tv"),
    ("speaker|loudspeaker|stereo|soundbar|sound bar", "speakers|loudspeakers", "media_player:speaker"),
    ("receiver|amplifier|amp", "receivers|amplifiers", "media_player:receiver"),
    ("media player|player", "media players|players", "media_player"),
    (
        "vacuum|vacuum cleaner|robot vacuum|hoover|robot hoover|roomba",
        "vacuums|vacuum cleaners|robot vacuums",
        "vacuum",
    ),
    ("lawn mower|mower|lawnmower|robot mower", "lawn mowers|mowers|lawnmowers", "lawn_mower"),
    ("humidifier", "humidifiers", "humidifier"),
    ("dehumidifier", "dehumidifiers", "humidifier:dehumidifier"),
    ("siren", "sirens", "siren"),
    ("alarm|alarm system|alarm panel|security system|burglar alarm", "alarms", "alarm_control_panel"),
    ("water heater|boiler|hot water", "water heaters|boilers", "water_heater"),
    ("scene", "scenes", "scene"),
    ("script", "scripts", "script"),
    ("automation", "automations", "automation"),
    ("button", "buttons", "button input_button"),
    # what only tells something
    ("battery", "batteries", "binary_sensor:battery/battery_charging"),
    (
        "carbon monoxide sensor|carbon monoxide detector|co sensor|co detector",
        "carbon monoxide sensors|carbon monoxide detectors|co sensors",
        "binary_sensor:carbon_monoxide",
    ),
    ("gas sensor|gas detector", "gas sensors|gas detectors", "binary_sensor:gas"),
    (
        "water sensor|leak sensor|moisture sensor|leak detector|water leak sensor",
        "water sensors|leak sensors|moisture sensors|leak detectors|water leak sensors",
        "binary_sensor:moisture",
    ),
    ("motion sensor|motion detector", "motion sensors|motion detectors", "binary_sensor:motion"),
    ("occupancy sensor|presence sensor", "occupancy sensors|presence sensors", "binary_sensor:occupancy"),
    ("smoke sensor|smoke detector|smoke alarm", "smoke sensors|smoke detectors|smoke alarms", "binary_sensor:smoke"),
    ("sound sensor|noise sensor", "sound sensors|noise sensors", "binary_sensor:sound"),
    ("tamper sensor", "tamper sensors", "binary_sensor:tamper"),
    ("vibration sensor", "vibration sensors", "binary_sensor:vibration"),
    ("light sensor", "light sensors", "binary_sensor:light"),
    ("door sensor", "door sensors", "binary_sensor:door/garage_door/opening"),
    ("window sensor", "window sensors", "binary_sensor:window"),
    ("opening", "openings", "binary_sensor:opening"),
    ("power|power supply", "power supplies", "binary_sensor:power"),
    ("update", "updates", "binary_sensor:update update"),
    ("problem", "problems", "binary_sensor:problem"),
    ("plug sensor", "plug sensors", "binary_sensor:plug"),
    ("person", "persons|people", "person"),
)

NOUNS: Mapping[tuple[str, ...], Noun] = {
    tuple(text.split()): Noun(text, tuple(map(_kind, kinds.split())), plural)
    for singular, plural_texts, kinds in _TABLE
    for texts, plural in ((singular, False), (plural_texts, True))
    for text in texts.split("|")
}
"""Words -> what they mean, longest ones of three words."""

PLACE_NOUNS = frozenset({"room", "floor", "area", "storey", "level"})
"""May follow the name of an area or floor and adds nothing: ``the basement floor``."""

SWITCHABLE = ("light", "switch", "fan", "media_player", "humidifier", "input_boolean")
"""Domains that ``everything`` means: what may be off without harm."""

CLASS_SYNONYMS: Mapping[str, frozenset[str]] = {
    "garage": frozenset({"garage", "garage_door"}),
}


def is_of_kind(entity: HomeEntity, kind: Kind, words: Collection[str]) -> bool:
    """Whether an entity is of a kind; one that tells no device class is judged by the words of its names."""
    if entity.domain != kind.domain:
        return False
    if not kind.classes:
        return True
    wanted = frozenset().union(*(CLASS_SYNONYMS.get(name, {name}) for name in kind.classes))
    if entity.device_class:
        return entity.device_class in wanted
    return any(part in words for name in wanted for part in (name, f"{name}s")) or not _CALLED[kind].isdisjoint(words)


_CALLED: Mapping[Kind, frozenset[str]] = {
    kind: frozenset(noun.text for noun in NOUNS.values() if kind in noun.kinds and " " not in noun.text)
    for kind in {kind for noun in NOUNS.values() for kind in noun.kinds}
}
"""What things of a kind are called in one word: a ``soundbar`` is a speaker whether or not it tells so."""

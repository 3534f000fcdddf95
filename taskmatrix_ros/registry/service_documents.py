"""Services of a live Home Assistant as API documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, StateSpec
from taskmatrix_ros.core.binding_spec import HomeAssistant
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ReturnSpec, ValueType
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.registry.manifest_loader import load_manifest

PACKAGE = "homeassistant"
MOST_NAMED = 200
"""Entities that a document names one by one; of more, whether they are there is seen when they are called."""

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_TARGET = "entity_id"
_HARMLESS_DOMAINS = frozenset(
    {
        "climate", "counter", "fan", "humidifier", "input_boolean", "input_datetime", "input_number", "input_select",
        "input_text", "lawn_mower", "light", "media_player", "number", "remote", "scene", "select", "switch", "text",
        "timer", "vacuum", "water_heater",
    }
)  # fmt: skip
"""Domains whose services do nothing that a person would want to be asked about."""
_SCENE_MAKERS = frozenset({"scene.apply", "scene.create", "scene.delete"})
"""They take any entity in any state, exposed or not: a way around every other document."""
_REACHING_SELECTORS = frozenset({"object", "entity", "target", "action", "device", "area", "floor", "label"})
_REACHING_FIELDS = frozenset({"entities", "device_id", "area_id", "floor_id", "label_id"})
_READ_DOMAINS = frozenset({"weather", "calendar"})
_NOTIFY_DOMAINS = frozenset({"notify", "tts"})
_MAX_DESCRIPTION = 2000

Services = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Domain -> service -> its description, as Home Assistant gives them."""


@dataclass(frozen=True, kw_only=True)
class ServiceChoice:
    """Which services become documents, and with what effect.

    ``allowed``: patterns of ``domain.service``; ``barred``: domains; ``effects``: pattern -> effect, first match.
    """

    allowed: Sequence[str] = ("*",)
    barred: Collection[str] = ()
    effects: Mapping[str, Effect] = field(default_factory=dict)

    def takes(self, service: str) -> bool:
        """Whether it may become a document."""
        domain, _, name = service.partition(".")
        if domain in self.barred or name == "reload" or service in _SCENE_MAKERS:
            return False
        return any(fnmatchcase(service, pattern) for pattern in self.allowed)

    def effect_of(self, service: str, otherwise: Effect) -> Effect:
        """Give its effect."""
        found = (effect for pattern, effect in self.effects.items() if fnmatchcase(service, pattern))
        return next(found, otherwise)


def service_package(services: Services, entities: Iterable[HomeEntity], choice: ServiceChoice) -> ApiPackage:
    """Make the package of what a home offers now.

    A service that ``api_manifests/homeassistant`` describes is described by that: with what it changes, how that is
    read back, and its effect. Any other is made of Home Assistant's own description; nothing tells what it brings
    about, and of a domain that is not known to be harmless it is hazardous unless ``choice`` says otherwise.
    """
    exposed: dict[str, list[str]] = {}
    for entity in entities:
        if entity.exposed:
            exposed.setdefault(entity.domain, []).append(entity.entity_id)
    apis = []
    described = set()
    for api in described_services():
        assert isinstance(api.binding, HomeAssistant)
        domain, _, name = api.binding.service.partition(".")
        described.add(api.binding.service)
        if name in services.get(domain, {}) and choice.takes(api.binding.service):
            effect = choice.effect_of(api.binding.service, api.effect)
            targeted = _for_entities(api.model_copy(update={"effect": effect}), exposed.get(domain, ()))
            apis += [targeted] if targeted is not None else []
    for domain, name, description in _others(services, described, choice):
        apis += _Described(domain, name, description, exposed, choice).documents()
    return ApiPackage(
        package=PACKAGE,
        version="1.0.0",
        description="Services of Home Assistant.",
        state=_states(exposed),
        apis=tuple({api.name: api for api in reversed(apis)}.values()),
    )


@cache
def described_services() -> tuple[ApiDocument, ...]:
    """Give the shipped documents of Home Assistant's own services."""
    package = load_manifest(resource("api_manifests/homeassistant/services.yaml")).package
    return tuple(api for api in package.apis if isinstance(api.binding, HomeAssistant))


def _others(
    services: Services, described: set[str], choice: ServiceChoice
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for domain, of_domain in sorted(services.items()):
        for name, description in sorted(of_domain.items()):
            service = f"{domain}.{name}"
            if service not in described and _WORD.fullmatch(domain) and _WORD.fullmatch(name) and choice.takes(service):
                yield domain, name, description


def _for_entities(api: ApiDocument, entity_ids: Sequence[str]) -> ApiDocument | None:
    """Name the entities that it may be called for; None where there are none."""
    target = api.parameters.get(_TARGET)
    if target is None:
        return api
    if not entity_ids:
        return None
    named = tuple(sorted(entity_ids)) if len(entity_ids) <= MOST_NAMED else None
    items = (target.items or ParameterSpec(type=ValueType.STRING)).model_copy(update={"enum": named})
    parameters = {**api.parameters, _TARGET: target.model_copy(update={"items": items})}
    return api.model_copy(update={"parameters": parameters})


def _states(exposed: Mapping[str, Sequence[str]]) -> tuple[StateSpec, ...]:
    """Say where the keys of each domain come from."""
    return tuple(
        StateSpec.model_validate(
            {
                "key": f"{domain}.{{entity}}.{attribute}",
                "type": kind,
                "from": {"kind": "homeassistant", "entity_id": f"{domain}.{{entity}}", "attribute": attribute},
                "description": f"What Home Assistant says of a {domain.replace('_', ' ')}.",
            }
        )
        for domain in sorted(exposed)
        for attribute, kind in (("state", "string"), *_KEYS.get(domain, ()))
    )


_KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "alarm_control_panel": (),
    "climate": (
        ("temperature_c", "number"), ("current_temperature_c", "number"), ("target_high_c", "number"),
        ("target_low_c", "number"), ("min_temperature_c", "number"), ("max_temperature_c", "number"),
        ("humidity_pct", "number"), ("hvac_modes", "array"), ("fan_mode", "string"), ("fan_modes", "array"),
        ("preset_mode", "string"), ("preset_modes", "array"), ("swing_mode", "string"), ("swing_modes", "array"),
        ("min_humidity_pct", "number"), ("max_humidity_pct", "number"),
    ),
    "cover": (("position_pct", "number"), ("tilt_position_pct", "number"), ("device_class", "string")),
    "fan": (
        ("speed_pct", "number"), ("preset_mode", "string"), ("preset_modes", "array"), ("oscillating", "boolean"),
        ("direction", "string"),
    ),
    "humidifier": (
        ("humidity_pct", "number"), ("min_humidity_pct", "number"), ("max_humidity_pct", "number"),
        ("mode", "string"), ("available_modes", "array"),
    ),
    "input_number": (("minimum", "number"), ("maximum", "number")),
    "input_select": (("options", "array"),),
    "light": (
        ("brightness_pct", "number"), ("color_temp_kelvin", "number"), ("effect", "string"), ("effect_list", "array"),
        ("supported_color_modes", "array"),
    ),
    "media_player": (
        ("volume_pct", "number"), ("is_volume_muted", "boolean"), ("source", "string"), ("source_list", "array"),
        ("sound_mode", "string"), ("sound_mode_list", "array"), ("media_title", "string"), ("shuffle", "boolean"),
        ("repeat", "string"),
    ),
    "number": (("minimum", "number"), ("maximum", "number")),
    "select": (("options", "array"),),
    "valve": (("position_pct", "number"), ("device_class", "string")),
    "water_heater": (
        ("temperature_c", "number"), ("min_temperature_c", "number"), ("max_temperature_c", "number"),
    ),
}  # fmt: skip


class _Described:
    """One service by Home Assistant's own description."""

    def __init__(
        self,
        domain: str,
        name: str,
        description: Mapping[str, Any],
        exposed: Mapping[str, Sequence[str]],
        choice: ServiceChoice,
    ) -> None:
        self._service = f"{domain}.{name}"
        self._domain = domain
        self._given = description
        self._exposed = exposed
        self._choice = choice

    def documents(self) -> list[ApiDocument]:
        """Give its document, or none where it has no exposed entity to act on."""
        parameters: dict[str, ParameterSpec] = {}
        if self._given.get("target") is not None:
            entity_ids = [one for domain in self._target_domains() for one in self._exposed.get(domain, ())]
            if not entity_ids:
                return []
            named = tuple(sorted(entity_ids)) if len(entity_ids) <= MOST_NAMED else None
            parameters[_TARGET] = ParameterSpec(
                type=ValueType.ARRAY,
                items=ParameterSpec(type=ValueType.STRING, enum=named),
                description="Ids of the entities.",
            )
        elif self._domain == "script" and not self._script_is_exposed():
            return []
        for name, given in self._fields():
            if _WORD.fullmatch(name) and name != _TARGET:
                parameters[name] = _parameter(given)
        words = str(self._given.get("description") or self._given.get("name") or self._service)
        return [
            ApiDocument(
                name=self._service.replace(".", "_")[:80],
                parameters=parameters,
                returns=ReturnSpec(type=ValueType.OBJECT, description="What the service answers.")
                if self._given.get("response") is not None
                else None,
                description=words[:_MAX_DESCRIPTION],
                effect=self._choice.effect_of(self._service, self._usual_effect()),
                resources=("{entity_id}",) if _TARGET in parameters else (self._service,),
                source="homeassistant",
                binding=HomeAssistant(kind="homeassistant", service=self._service),
            )
        ]

    def _usual_effect(self) -> Effect:
        if any(_reaches_others(name, given) for name, given in self._fields()):
            return Effect.HAZARDOUS
        if self._domain in _NOTIFY_DOMAINS:
            return Effect.NOTIFY
        if self._domain in _HARMLESS_DOMAINS:
            return Effect.ACTUATE
        needs_answer = self._given.get("response") == {"optional": False}
        return Effect.READ if needs_answer and self._domain in _READ_DOMAINS else Effect.HAZARDOUS

    def _script_is_exposed(self) -> bool:
        return self._service in self._exposed.get("script", ())

    def _target_domains(self) -> list[str]:
        wanted = self._given["target"].get("entity") or [{}]
        wanted = wanted if isinstance(wanted, list) else [wanted]
        domains: list[str] = []
        for one in wanted:
            given = one.get("domain") or [self._domain]
            domains += [given] if isinstance(given, str) else given
        return list(dict.fromkeys(domains))

    def _fields(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, given in (self._given.get("fields") or {}).items():
            inner = given.get("fields") if isinstance(given, Mapping) else None
            if isinstance(inner, Mapping):  # a section of the form
                yield from ((name, one) for name, one in inner.items() if isinstance(one, Mapping))
            elif isinstance(given, Mapping):
                yield name, given


def _reaches_others(name: str, given: Mapping[str, Any]) -> bool:
    """Whether a field may name what the document does not: other entities, devices, or anything at all."""
    return name in _REACHING_FIELDS or not _REACHING_SELECTORS.isdisjoint(given.get("selector") or {})


_PLAIN: Mapping[str, ValueType] = {
    "boolean": ValueType.BOOLEAN,
    "number": ValueType.NUMBER,
    "color_temp": ValueType.NUMBER,
    "color_rgb": ValueType.ARRAY,
    "object": ValueType.OBJECT,
    "action": ValueType.ARRAY,
    "location": ValueType.OBJECT,
    "duration": ValueType.OBJECT,
}


def _parameter(given: Mapping[str, Any]) -> ParameterSpec:
    """Make a parameter of a field by its selector; one without a selector that we know is a text."""
    selector = given.get("selector") or {}
    kind = next(iter(selector), "text")
    settings = selector.get(kind) or {}
    words = str(given.get("description") or given.get("name") or "")
    required = bool(given.get("required"))
    several = bool(settings.get("multiple")) if isinstance(settings, Mapping) else False
    if kind == "number":
        low, high = settings.get("min"), settings.get("max")
        unit = settings.get("unit_of_measurement")
        text = f"{words} In {unit}." if unit else words
        return ParameterSpec(type=ValueType.NUMBER, minimum=low, maximum=high, description=text, required=required)
    if kind == "select":
        options = [one.get("value") if isinstance(one, Mapping) else one for one in settings.get("options") or ()]
        enum = None if settings.get("custom_value") or not options else tuple(map(str, options))
        value = ParameterSpec(type=ValueType.STRING, enum=enum, description=words, required=required)
    elif kind in _PLAIN:
        return ParameterSpec(type=_PLAIN[kind], description=words, required=required)
    else:
        value = ParameterSpec(type=ValueType.STRING, description=words, required=required)
    if several:
        return ParameterSpec(type=ValueType.ARRAY, items=value, description=words, required=required)
    return value

"""Collects what one entity becomes: state keys and API documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.bindings.discovery.entity import DiscoveredEntity, said_words
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem, Fields
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.binding_spec import AvailabilityMode, Mqtt, MqttMessage, MqttSource
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ParameterSpec, ValueType
from taskmatrix_ros.expressions.jinja_template import JinjaTemplate

SOURCE = "mqtt_discovery"

STALE_COMMAND_S = 10.0
"""What is not harmless is not done later than this, in seconds."""

_KINDS = {
    "light": ("light", "lights", "lamp"),
    "switch": ("switch",),
    "fan": ("fan",),
    "lock": ("lock",),
    "valve": ("valve",),
    "siren": ("siren",),
}
"""Words that a person may say after a name that has none of them."""


class EntityMaker:
    """Makes documents and state specs of one entity. ``entity_id`` is as in Home Assistant: ``light.hall_lamp``."""

    def __init__(self, entity: DiscoveredEntity, object_id: str, broker: str, *, function: str) -> None:
        """:raises DiscoveryProblem: what all entities have is wrong: availability, qos, name."""
        self.entity = entity
        self.fields: Fields = entity.fields
        self.object_id = object_id
        self.entity_id = f"{entity.component}.{object_id}"
        self.name = entity.spoken or object_id.replace("_", " ")
        self.documents: list[ApiDocument] = []
        self.states: list[StateSpec] = []
        self._broker = broker
        named = function if function[:1].isalpha() else f"{entity.component}_{function}"
        self._function = named[:62].rstrip("_")
        self._words = said_words(self.name)
        self._qos = int(self.fields.number("qos", 0, low=0, high=2))
        self._retain = self.fields.flag("retain")
        self._stale_after_s: float | None = None  # of what tells whether it is there, the broker's word is good
        self._enabled = self.fields.flag("enabled_by_default", default=True)
        self._category = self.fields.choice("entity_category", ("", "config", "diagnostic"), "")
        self.fields.text("device_class")
        self._mode = AvailabilityMode(
            self.fields.choice("availability_mode", (mode.value for mode in AvailabilityMode), "latest")
        )
        self._available = self._availability()
        self._stale_after_s = self.fields.number("expire_after", 0, low=0) or None

    @property
    def device_class(self) -> str:
        """What kind of its component it is, empty if it does not say."""
        return self.fields.text("device_class", "").lower()

    @property
    def called(self) -> str:
        """Its name in a sentence template, with the words that may stand before and after it; empty if it has none."""
        if not self._words or self._category == "diagnostic":
            return ""
        kinds = _KINDS.get(self.entity.component, ())
        if not kinds or set(kinds) & set(self._words.split()):
            return f"[the|my] {self._words}"
        return f"[the|my] {self._words} [{'|'.join(kinds)}]"

    @property
    def area_words(self) -> str:
        """Its area as said, empty if it has none."""
        return said_words(self.entity.device.area) if self.entity.device else ""

    # --- state

    def state(
        self,
        attribute: str,
        value_type: ValueType,
        topic: str | None,
        *,
        template: str | None = None,
        path: str | None = None,
        words: Mapping[str, Any] | None = None,
        scale: float | None = None,
        unit: str | None = None,
        description: str = "",
    ) -> str | None:
        """Add a state key. :returns: the key, or None where the device tells it on no topic."""
        if topic is None:
            return None
        key = f"{self.entity_id}.{attribute}"
        self.states.append(
            StateSpec(
                key=key,
                type=value_type,
                unit=unit,
                description=description or f"{attribute.replace('_', ' ').capitalize()} of {self.name}.",
                stale_after_s=self._stale_after_s,
                source=MqttSource(
                    kind="mqtt",
                    broker=self._broker,
                    topic=_heard(topic),
                    path=path if template is None else None,
                    template=template,
                    map=dict(words) if words is not None else None,
                    scale=scale,
                    optional=True,
                    qos=max(self._qos, 1),
                ),
            )
        )
        return key

    def on_off_state(self, topic: str | None, template: str | None, on: str, off: str) -> str | None:
        """Add the key ``state`` of something that is on or off."""
        if on == off:
            raise DiscoveryProblem(f"the same payload {on!r} means on and off")
        return self.state("state", ValueType.STRING, topic, template=template, words={on: "on", off: "off"})

    # --- documents

    def api(
        self,
        verb: str,
        description: str,
        binding: Mqtt,
        *,
        parameters: Mapping[str, ParameterSpec] | None = None,
        sets: Mapping[str | None, str] | None = None,
        ensures: Sequence[str] = (),
        tolerance: Mapping[str | None, float] | None = None,
        sentences: Sequence[str] = (),
        effect: Effect = Effect.ACTUATE,
        idempotent: bool = True,
        expires_s: float | None = None,
        confirm_s: float = 5.0,
        typical_s: float | None = None,
    ) -> None:
        """Add a document named ``<object>_<verb>``.

        :param sets: by state key; what no topic tells (None) is left out, and the document then ends unconfirmed.
        :param sentences: with ``NAME`` for its name.
        """
        known_sets = {key: value for key, value in (sets or {}).items() if key is not None}
        if effect is Effect.HAZARDOUS and expires_s is None:
            expires_s = STALE_COMMAND_S
        retain = self._retain and idempotent and expires_s is None
        self.documents.append(
            ApiDocument(
                name=f"{self._function}_{verb}"[:80],
                parameters=dict(parameters or {}),
                description=f"{description}{self._where}",
                sentences=self._sentences(sentences),
                sets=known_sets,
                ensures=tuple(ensures) if known_sets or ensures else (),
                tolerance={key: value for key, value in (tolerance or {}).items() if key in known_sets},
                effect=effect,
                idempotent=idempotent,
                resources=(self.entity_id,),
                deadline_s=10.0,
                confirm_s=confirm_s,
                typical_s=typical_s if typical_s is not None else 1.0,
                expires_s=expires_s,
                enabled=self._enabled,
                source=SOURCE,
                binding=_declared(binding, frozenset(parameters or {})).model_copy(update={"retain": retain}),
            )
        )

    def message(
        self,
        topic: str,
        payload: Any = "",
        *,
        template: str | None = None,
        given: str | None = None,
        before: Sequence[MqttMessage] = (),
        then: Sequence[MqttMessage] = (),
    ) -> Mqtt:
        """Give a binding. A payload that is a text is sent as it is."""
        return Mqtt(
            kind="mqtt",
            broker=self._broker,
            topic=literal(topic),
            payload=literal(payload) if isinstance(payload, str) else payload,
            template=template,
            given=given,
            qos=max(self._qos, 1),
            before=tuple(before),
            then=tuple(then),
            available=tuple(self._available),
            available_mode=self._mode,
        )

    def part(self, topic: str, template: str, given: str) -> MqttMessage:
        """Give a further message, sent where an argument is given."""
        return MqttMessage(topic=literal(topic), template=template, given=given)

    @property
    def _where(self) -> str:
        device = self.entity.device
        return f" It is in: {device.area}." if device is not None and device.area else ""

    def _sentences(self, sentences: Sequence[str]) -> dict[str, tuple[str, ...]]:
        if not self.called or not sentences:
            return {}
        return {"en": tuple(sentence.replace("NAME", self.called) for sentence in sentences)}

    def _availability(self) -> list[str]:
        """Add the keys that tell whether the device is there."""
        listed = self.fields.raw("availability")
        single = self.fields.raw("availability_topic")
        if listed is not None and single is not None:
            raise DiscoveryProblem("availability and availability_topic are both given; keep one")
        if listed is None:
            listed = [] if single is None else [self._single_availability()]
        if not isinstance(listed, list) or len(listed) > 16 or not all(isinstance(one, dict) for one in listed):
            raise DiscoveryProblem("availability is no list of objects with a topic")
        keys = []
        for number, one in enumerate(listed, start=1):
            fields = Fields(one)
            topic = fields.heard_topic("topic", required=True)
            online = fields.text("payload_available", "online")
            offline = fields.text("payload_not_available", "offline")
            key = self.state(
                "available" if number == 1 else f"available_{number}",
                ValueType.BOOLEAN,
                topic,
                template=fields.template("value_template"),
                words={offline: False, online: True},
                description=f"Whether {self.name} says that it is there.",
            )
            assert key is not None
            keys.append(key)
        return keys

    def _single_availability(self) -> dict[str, Any]:
        given = {
            "topic": self.fields.raw("availability_topic"),
            "value_template": self.fields.raw("availability_template"),
            "payload_available": self.fields.raw("payload_available"),
            "payload_not_available": self.fields.raw("payload_not_available"),
        }
        return {name: value for name, value in given.items() if value is not None}


def _declared(binding: Mqtt, names: frozenset[str]) -> Mqtt:
    """Let every other variable that a device's templates ask for be undefined: they ask whether it is."""

    def declared(template: str | None) -> str | None:
        if template is None:
            return None
        unknown = sorted(JinjaTemplate.parse(template).names - names)
        return "".join(f"{{% set {name} = none if false %}}" for name in unknown) + template

    def part(message: MqttMessage) -> MqttMessage:
        return message.model_copy(update={"template": declared(message.template)})

    return binding.model_copy(
        update={
            "template": declared(binding.template),
            "before": tuple(map(part, binding.before)),
            "then": tuple(map(part, binding.then)),
        }
    )


def literal(text: str) -> str:
    """Write a text so that an argument template gives it as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _heard(topic: str) -> str:
    """Write a topic to listen to as a state topic: ``+`` is a wildcard level that no key names."""
    levels = [f"{{level_{index}}}" if level == "+" else literal(level) for index, level in enumerate(topic.split("/"))]
    return "/".join(levels)


def number(
    description: str,
    *,
    unit: str | None = None,
    low: float | None = None,
    high: float | None = None,
    required: bool = True,
    integer: bool = False,
) -> ParameterSpec:
    """Give the spec of a number."""
    return ParameterSpec(
        type=ValueType.INTEGER if integer else ValueType.NUMBER,
        description=description,
        unit=unit,
        minimum=low,
        maximum=high,
        required=required,
    )


def word(description: str, allowed: Sequence[str] = (), *, required: bool = True) -> ParameterSpec:
    """Give the spec of a text, one of ``allowed`` where there are such."""
    return ParameterSpec(type=ValueType.STRING, description=description, enum=tuple(allowed) or None, required=required)


def said(key: str) -> str:
    """Give CEL for a state key."""
    return f'state["{key}"]'


def cel(text: str) -> str:
    """Write a text as a CEL literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def near(key: str, wanted: str, tolerance: float) -> str:
    """Give CEL for a number being what is wanted, within a tolerance."""
    return f"math.abs({said(key)} - {wanted}) <= {float(tolerance)!r}"


def if_given(parameter: str, condition: str) -> str:
    """Give CEL that holds where an argument was left out, or else where the condition does."""
    return f"args.{parameter} == null || {condition}"


def kept_or(key: str, parameter: str) -> str:
    """Give CEL for the value after a call: the argument, or what was where none was given."""
    return f"args.{parameter} == null ? {said(key)} : args.{parameter}"

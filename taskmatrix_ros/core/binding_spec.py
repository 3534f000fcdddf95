"""How a document reaches a device: the data of a binding, without the code that performs it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.home_spec import CallSource, Rules, Say, Told, ToldSource
from taskmatrix_ros.core.url_template import UrlTemplate

RosName = Annotated[str, Field(pattern=r"^[A-Za-z_/~][A-Za-z0-9_/{}~]*$")]
"""A ROS name; relative ones get the profile's namespace."""

ActionType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/action/[A-Z][A-Za-z0-9]*$")]
ServiceType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/srv/[A-Z][A-Za-z0-9]*$")]
MessageType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/msg/[A-Z][A-Za-z0-9]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
"""A name that a profile or an installed package gives to something: a server, a secret, a function."""

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=100)]


def _check_url(text: str) -> str:
    UrlTemplate.parse(text)
    return text


Url = Annotated[str, AfterValidator(_check_url)]
"""An absolute URL, see ``core.url_template``."""


class Reliability(StrEnum):
    """ROS QoS reliability."""

    RELIABLE = "reliable"
    BEST_EFFORT = "best_effort"


class Durability(StrEnum):
    """ROS QoS durability."""

    VOLATILE = "volatile"
    TRANSIENT_LOCAL = "transient_local"


class RosQos(Frozen):
    """ROS quality of service of a topic."""

    reliability: Reliability = Reliability.RELIABLE
    durability: Durability = Durability.VOLATILE
    depth: int = Field(default=10, ge=1)


class Ros2Action(Frozen):
    """An action goal. ``arguments``: goal field (dotted) -> template; equal names by default.

    A result with a boolean ``success`` counts as failed when it is false; ``error_code`` and ``message`` are then read.
    """

    kind: Literal["ros2_action"]
    name: RosName
    type: ActionType
    arguments: dict[str, Any] | None = None


class Ros2Service(Frozen):
    """A service call; fields as for actions."""

    kind: Literal["ros2_service"]
    name: RosName
    type: ServiceType
    arguments: dict[str, Any] | None = None


class Ros2Topic(Frozen):
    """One message published. Nobody subscribed within the connect time means unavailable."""

    kind: Literal["ros2_topic"]
    name: RosName
    type: MessageType
    arguments: dict[str, Any] | None = None
    qos: RosQos = RosQos()


class MqttMessage(Frozen):
    """A further message of the same command; it goes out only if the argument ``given`` is not null."""

    topic: str
    payload: Any = ""
    template: str | None = None
    given: str | None = None


class AvailabilityMode(StrEnum):
    """Which of several availability keys must be true; ``latest``: the one heard last."""

    ALL = "all"
    ANY = "any"
    LATEST = "latest"


HOME_ASSISTANT = "homeassistant"
"""Who says so, in the state store, where Home Assistant does."""


def mqtt_source(broker: str) -> str:
    """Name who says so, in the state store, where a broker does."""
    return f"mqtt:{broker}"


class Mqtt(Frozen):
    """MQTT messages, mostly one. ``topic`` and ``payload`` are templates; a payload that is no string is sent as JSON.

    ``{name}`` is replaced by an argument; a string that is only ``{name}`` keeps the argument's type; ``{{`` is ``{``.
    An object's key whose value is only the name of a null argument is left out. ``template`` is a Jinja template of
    the payload over the arguments, in the place of ``payload``; it is rendered in a sandbox.

    ``before`` and ``then`` go out before and after the main message. ``available`` are boolean state keys that tell
    whether the device is there; nothing is sent to one that is not. ``retain`` is not for what is not idempotent or
    expires.
    """

    kind: Literal["mqtt"]
    broker: str = "default"
    topic: str
    payload: Any = ""
    template: str | None = None
    given: str | None = None
    qos: Literal[0, 1, 2] = 1
    retain: bool = False
    before: tuple[MqttMessage, ...] = Field(default=(), max_length=16)
    then: tuple[MqttMessage, ...] = Field(default=(), max_length=16)
    available: tuple[str, ...] = ()
    available_mode: AvailabilityMode = AvailabilityMode.ALL

    @property
    def peer(self) -> str:
        """Who it is sent to, as the state store names the source that is silent while that is away."""
        return mqtt_source(self.broker)

    @property
    def messages(self) -> tuple[MqttMessage, ...]:
        """Every message, in the order they go out."""
        main = MqttMessage(topic=self.topic, payload=self.payload, template=self.template, given=self.given)
        return (*self.before, main, *self.then)


class HttpAuth(Frozen):
    """How a request shows who asks. ``secret`` names one of the profile's ``secrets``, never the secret itself.

    ``basic``: the secret is ``user:password``; ``header`` and ``query``: the secret goes into what ``name`` names.
    """

    kind: Literal["bearer", "basic", "header", "query"]
    secret: Name
    name: HeaderName | None = None

    @model_validator(mode="after")
    def _name_where_needed(self) -> Self:
        if (self.kind in ("header", "query")) != (self.name is not None):
            raise ValueError(f"auth {self.kind} {'needs' if self.name is None else 'takes no'} `name`")
        return self


class Http(Frozen):
    """One HTTP request. ``{name}`` in ``url`` is a part of the path; ``query``, ``headers``, ``body`` are templates.

    With neither ``query`` nor ``body``, arguments that the URL does not name go by their names into the query (GET,
    HEAD, DELETE) or into a JSON body. ``result`` is an RFC 6901 pointer into a JSON reply, empty for all of it.
    """

    kind: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Url
    query: dict[str, Any] | None = None
    headers: dict[HeaderName, str] = Field(default_factory=dict)
    body: Any = None
    body_type: Literal["json", "form", "text"] = "json"
    auth: HttpAuth | None = None
    result: Annotated[str, Field(pattern=r"^(/.*)?$")] = ""

    @model_validator(mode="after")
    def _body_where_it_goes(self) -> Self:
        if self.body is not None and self.method in ("GET", "HEAD"):
            raise ValueError(f"{self.method} takes no body; write `query`, or another method")
        return self


class Mcp(Frozen):
    """A tool of a server of the Model Context Protocol. ``server`` is a name in the profile's ``mcp.servers``."""

    kind: Literal["mcp"]
    server: Name
    tool: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: dict[str, Any] | None = None


class Function(Frozen):
    """A Python function that an installed package offers in the entry-point group ``taskmatrix_ros.functions``.

    ``name`` is its name in that group, never a module path.
    """

    kind: Literal["function"]
    name: Name
    arguments: dict[str, Any] | None = None


class HomeAssistant(Frozen):
    """A service of Home Assistant. ``data``: field -> template; the document's parameters under their own names by
    default, those left out not sent.
    """

    kind: Literal["homeassistant"]
    service: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z0-9_]+$")]
    data: dict[str, Any] | None = None

    @property
    def peer(self) -> str:
        """Who it is sent to, as the state store names the source that is silent while that is away."""
        return HOME_ASSISTANT


class Builtin(Frozen):
    """What the executor does itself: wait for a time, for the world, or for a person's words."""

    kind: Literal["builtin"]
    name: Literal["wait", "wait_until", "ask_user"]


BindingSpec = Annotated[
    Ros2Action | Ros2Service | Ros2Topic | Mqtt | Http | Mcp | Function | HomeAssistant | Builtin | Rules | Told | Say,
    Field(discriminator="kind"),
]


class Ros2TopicSource(Frozen):
    """State from a field of a message. ``path`` is dotted; a value equal to ``null_if`` counts as missing."""

    kind: Literal["ros2_topic"]
    name: RosName
    type: MessageType
    path: str
    null_if: Any = None
    qos: RosQos = RosQos()


class MqttSource(Frozen):
    """State from an MQTT topic. ``{name}`` in topic and key is a wildcard level.

    ``path`` is an RFC 6901 JSON pointer into a JSON payload, empty for the whole payload as text or number;
    ``template``, in its place, a Jinja template over ``value`` and ``value_json`` whose text is the value.
    ``map`` turns what was found into values, ``scale`` multiplies a number. ``optional``: a message that has nothing
    of it, or what ``map`` does not know, is about something else and no fault.
    """

    kind: Literal["mqtt"]
    broker: str = "default"
    topic: str
    path: str | None = None
    template: str | None = None
    map: dict[str, Any] | None = None
    scale: float | None = None
    optional: bool = False
    qos: Literal[0, 1, 2] = 1

    @model_validator(mode="after")
    def _one_way_to_read(self) -> Self:
        if self.path is not None and self.template is not None:
            raise ValueError("path and template are both given; keep one")
        return self


class HomeAssistantSource(Frozen):
    """State from an entity of Home Assistant. ``{name}`` in entity and key is a wildcard.

    ``attribute``: as this project names it and in its unit (``state``, ``brightness_pct``, ``temperature_c``).
    """

    kind: Literal["homeassistant"]
    entity_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z0-9_{}]+$")]
    attribute: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "state"


StateSource = Annotated[
    Ros2TopicSource | MqttSource | HomeAssistantSource | ToldSource | CallSource, Field(discriminator="kind")
]

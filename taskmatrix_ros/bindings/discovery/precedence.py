"""Which announced entities are somebody else's already: this node's own, or a device that a manifest speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from taskmatrix_ros.bindings.discovery.describe import DescribedEntity
from taskmatrix_ros.bindings.discovery.entity import DiscoveredEntity
from taskmatrix_ros.bindings.discovery.entity_maker import SOURCE, literal
from taskmatrix_ros.bindings.mqtt.mqtt_topic import StateTopic
from taskmatrix_ros.bindings.templates import Argument, parse_template
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.binding_spec import Mqtt, MqttSource
from taskmatrix_ros.core.catalogue_views import of_kinds
from taskmatrix_ros.core.ports import Catalogue

OWN_ORIGIN = "taskmatrix_ros"
"""``origin.name`` of what this node, or another of its kind, announces of itself."""

OWN_IDS = "taskmatrix"
"""Begins the identifiers and unique ids of what this node announces of itself."""


def is_own(entity: DiscoveredEntity) -> bool:
    """Whether this node announced it: it is never imported back."""
    ids = (entity.unique_id, *(entity.device.ids if entity.device else ()))
    return entity.origin == OWN_ORIGIN or any(one == OWN_IDS or one.startswith(f"{OWN_IDS}_") for one in ids)


def own_topic(described: DescribedEntity, own_topics: Iterable[str]) -> str | None:
    """Give a topic of this node that an entity's documents would publish on, or None."""
    for topic in described.topics:
        if any(topic == literal(own) or topic.startswith(f"{literal(own)}/") for own in own_topics):
            return topic
    return None


class ManifestClaims:
    """What the documents and state keys of manifests speak of on one broker."""

    def __init__(self, catalogue: Catalogue, broker: str) -> None:
        self._topics = [
            _pattern(topic, document)
            for document in of_kinds(catalogue.documents(), ("mqtt",))
            if isinstance(document.binding, Mqtt) and document.source != SOURCE and document.binding.broker == broker
            for topic in {message.topic for message in document.binding.messages}
        ]
        self._heard = [
            (StateTopic(spec.source.topic, spec.key), spec)
            for spec in catalogue.states()
            if isinstance(spec.source, MqttSource) and spec.source.broker == broker
        ]

    def of(self, described: DescribedEntity) -> str | None:
        """Say which topic of an entity a manifest speaks of, or None.

        One that takes commands is known by the topics it takes them on, one that only tells by what it tells.
        """
        topics = [topic.replace("{{", "{").replace("}}", "}") for topic in described.topics]
        for topic in topics:
            if any(pattern.fullmatch(topic) for pattern in self._topics):
                return topic
        return None if topics else next(filter(None, map(self._told, described.states)), None)

    def _told(self, spec: StateSpec) -> str | None:
        source = spec.source
        if not isinstance(source, MqttSource) or spec.key.split(".")[-1].startswith("available"):
            return None
        topic = source.topic.replace("{{", "{").replace("}}", "}")
        for heard, known in self._heard:
            mine = isinstance(known.source, MqttSource) and known.source.template == source.template
            if not mine and known.key != spec.key and heard.hears(topic) and _same_field(known, spec):
                return topic
        return None


def _same_field(known: StateSpec, spec: StateSpec) -> bool:
    """Whether both read the same of a message, as far as can be told."""
    if not isinstance(known.source, MqttSource) or not isinstance(spec.source, MqttSource):
        return False
    if known.source.path is None or spec.source.template is None:
        return known.source.path == spec.source.path and spec.source.template is None
    field = known.source.path.rpartition("/")[2]
    return bool(re.search(rf"\b{re.escape(field)}\b", spec.source.template))


def _pattern(topic: str, document: ApiDocument) -> re.Pattern[str]:
    """Give the topics that a document may publish on: an argument with an enum stands for those alone."""
    parts = []
    for piece in parse_template(topic):
        if isinstance(piece, Argument):
            spec = document.parameters.get(piece.name)
            allowed = [re.escape(str(value)) for value in (spec.enum or ())] if spec else []
            parts.append(f"(?:{'|'.join(allowed)})" if allowed else "[^/]+")
        else:
            parts.append(re.escape(piece))
    return re.compile("".join(parts))

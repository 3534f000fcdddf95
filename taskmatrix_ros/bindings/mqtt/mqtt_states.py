"""What one broker says of the world, put into the state store."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received, Subscription
from taskmatrix_ros.bindings.mqtt.mqtt_payload import BadPayload, MissingValue, Payload, PayloadReader
from taskmatrix_ros.bindings.mqtt.mqtt_topic import StateTopic
from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.binding_spec import MqttSource, mqtt_source
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore

_log = logging.getLogger(__name__)

_MAX_TOPICS = 100_000
"""Topics whose keys are remembered, and whose faults are counted: a talkative broker must not fill the memory."""


class Listener(Protocol):
    """Hears topics that are no state: announcements, instructions."""

    @property
    def filters(self) -> Iterable[str]:
        """What to subscribe to."""

    def connected(self) -> None:
        """A new connection; what is retained will be heard again."""

    def take(self, message: Received) -> bool:
        """Take a message. :returns: whether it was for this listener. Never raises for what it holds."""


class _Feed:
    """One state spec, ready to read messages."""

    def __init__(self, spec: StateSpec, source: MqttSource) -> None:
        self.spec = spec
        self.qos = source.qos
        self.optional = source.optional
        self.topic = StateTopic(source.topic, spec.key)
        self.reader = PayloadReader(spec, source)


class MqttStates:
    """Hears the state topics of one broker. All values carry the source ``mqtt:<broker>``."""

    def __init__(self, broker: str, state: StateStore) -> None:
        self.source = mqtt_source(broker)
        self.bad_payloads: Counter[str] = Counter()
        """How many messages could not be read, by topic. The first of a topic is logged, the rest are only counted."""
        self._broker = broker
        self._state = state
        self._exact: dict[str, list[_Feed]] = {}
        self._families: list[_Feed] = []
        self._known: dict[str, tuple[tuple[_Feed, str], ...]] = {}
        self._heard: set[str] = set()
        self._listeners: list[Listener] = []

    def load_specs(self, specs: Iterable[StateSpec]) -> None:
        """Take these specs in place of the earlier ones; those of other brokers and kinds are passed over.

        :raises ConfigError: a topic, path or map can never work; then the earlier specs stay.
        """
        exact: dict[str, list[_Feed]] = {}
        families: list[_Feed] = []
        for spec in specs:
            if not isinstance(spec.source, MqttSource) or spec.source.broker != self._broker:
                continue
            try:
                feed = _Feed(spec, spec.source)
            except ConfigError as error:
                raise ConfigError(f"state {spec.key!r}: {error.message}") from error
            if feed.topic.is_exact:
                exact.setdefault(feed.topic.filter, []).append(feed)
            else:
                families.append(feed)
        self._exact, self._families, self._known = exact, families, {}

    def add_listener(self, listener: Listener) -> None:
        """Let somebody hear other topics over the same connection."""
        self._listeners.append(listener)

    @property
    def filters(self) -> dict[str, Subscription]:
        """What to subscribe to, with the highest QoS asked for."""
        feeds: dict[str, list[_Feed]] = {name: list(same) for name, same in self._exact.items()}
        for feed in self._families:
            feeds.setdefault(feed.topic.filter, []).append(feed)
        wanted = {
            name: Subscription(max(feed.qos for feed in same), hash(frozenset(feed.spec.key for feed in same)))
            for name, same in feeds.items()
        }
        for listener in self._listeners:
            wanted |= {one: Subscription(1) for one in listener.filters}
        return wanted

    def connection_accepted(self) -> None:
        """A new connection: what an older one told is good only where its spec says for how long."""
        for key in self._heard:
            value = self._state.read(key)
            if value is not None and value.source == self.source:
                self._state.forget(key)
        self._heard.clear()
        for listener in self._listeners:
            listener.connected()

    def connection_subscribed(self) -> None:
        """The broker can be believed."""
        self._state.set_source_live(self.source, live=True)

    def connection_lost(self) -> None:
        """Nothing it said is believed any more."""
        self._state.set_source_live(self.source, live=False)

    def messages_received(self, batch: list[Received]) -> None:
        """Read the state keys the messages hold. Never raises for what a message holds."""
        if len(batch) == 1:
            self._take(batch)
            return
        with self._state.together.gathering():
            self._take(batch)

    def _take(self, batch: list[Received]) -> None:
        for message in batch:
            try:
                feeds = self._known.get(message.topic) or self._resolve(message.topic)
            except ValueError as error:
                self._report(message.topic, str(error))
                continue
            if not feeds:
                any(listener.take(message) for listener in self._listeners)
                continue
            payload = Payload(message.payload)
            for feed, key in feeds:
                try:
                    value = feed.reader.value_of(payload)
                except MissingValue as error:
                    # of a family, not every device need have everything: a lamp that is not dimmable
                    if feed.topic.is_exact and not feed.optional:
                        self._report(message.topic, f"{key}: {error}")
                    continue
                except BadPayload as error:
                    self._report(message.topic, f"{key}: {error}")
                    continue
                self._state.set(key, value, source=self.source, unit=feed.spec.unit, retained=message.retained)
                if feed.spec.stale_after_s is None:
                    self._heard.add(key)

    def _resolve(self, topic: str) -> tuple[tuple[_Feed, str], ...]:
        found = [(feed, feed.spec.key) for feed in self._exact.get(topic, ())]
        for feed in self._families:
            key = feed.topic.key_of(topic)
            if key is not None:
                found.append((feed, key))
        for feed, key in found:
            if feed.spec.stale_after_s is not None:
                self._state.set_stale_after(key, feed.spec.stale_after_s)
        if len(self._known) >= _MAX_TOPICS:
            self._known.clear()
        self._known[topic] = tuple(found)
        return self._known[topic]

    def _report(self, topic: str, problem: str) -> None:
        if topic not in self.bad_payloads:
            if len(self.bad_payloads) >= _MAX_TOPICS:
                return
            _log.warning(
                "mqtt %r: message on %s is not understood and changes nothing: %s; correct the device or its state "
                "spec (said once for this topic)",
                self._broker,
                topic,
                problem,
            )
        self.bad_payloads[topic] += 1

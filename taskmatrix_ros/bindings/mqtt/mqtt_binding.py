"""Devices that speak MQTT: commands as messages, state from topics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from taskmatrix_ros.bindings.discovery.live_discovery import LiveDiscovery, LivePackages
from taskmatrix_ros.bindings.mqtt.mqtt_availability import Availability
from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_link import MqttLink
from taskmatrix_ros.bindings.mqtt.mqtt_message import Messages, check_messages
from taskmatrix_ros.bindings.mqtt.mqtt_outcome import unsent_outcome
from taskmatrix_ros.bindings.mqtt.mqtt_sending import Sending
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings, MqttProtocol
from taskmatrix_ros.bindings.mqtt.mqtt_states import Listener, MqttStates
from taskmatrix_ros.bindings.mqtt.mqtt_tls import tls_context
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Mqtt, MqttSource
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.catalogue_views import of_kinds
from taskmatrix_ros.core.errors import ConfigError, TaskMatrixError
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.outcome import Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Catalogue, Progress
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.device_index import DeviceIndex

_log = logging.getLogger(__name__)

__all__ = ["BrokerSettings", "MqttBinding", "MqttProtocol"]


class MqttBinding:
    """Publishes commands and hears state, over one connection for each broker.

    A command has succeeded when the broker acknowledged it (QoS 1 and 2) or it was written (QoS 0); what the device
    makes of it shows in its state topics. It is published once or never: not again after a lost connection, and not
    after its caller was told that it was not sent.
    """

    kinds = frozenset({"mqtt"})

    def __init__(
        self,
        brokers: Mapping[str, BrokerSettings],
        catalogue: Catalogue,
        state: StateStore,
        *,
        packages: LivePackages | None = None,
        base_topic: str = "",
        tells_events: bool = False,
        devices: DeviceIndex | None = None,
    ) -> None:
        """:param brokers: by the name that documents use in ``binding.broker``.

        :param packages: takes what devices announce, where a broker's ``discovery`` is set; None: nothing is imported.
        :param base_topic: this node's own topics are below it: ``<base_topic>/availability``; empty: it has none.
        :param tells_events: whether ``follow`` publishes below ``<base_topic>/events``.
        :param devices: says who has an announced device by a better route.
        """
        self._base_topic = base_topic
        self._tells_events = tells_events
        self.discoveries: dict[str, LiveDiscovery] = {}
        """By broker, where its devices are imported."""
        for name, settings in brokers.items():
            if packages is not None and settings.discovery:
                self.discoveries[name] = LiveDiscovery(
                    name,
                    settings.discovery,
                    packages,
                    own_topics=(base_topic,) if base_topic else (),
                    devices=devices,
                    changed=self._packages_changed,
                )
        self._brokers = dict(brokers)
        self._catalogue = catalogue
        self._states = {name: MqttStates(name, state) for name in brokers}
        for name, discovery in self.discoveries.items():
            self._states[name].add_listener(discovery)
        self._state = state
        self._links: dict[str, MqttLink] = {}
        self._pending: dict[str, MqttCommand] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._revision: int | None = None
        self._messages: dict[str, Messages] = {}
        """Of the documents that were checked, as they were then."""

    async def open(self) -> None:
        """Connect to every broker and subscribe to the state topics.

        Returns when each broker has answered or failed to, at most after its ``connect_s``. One that is away is
        connected when it comes.

        :raises ConfigError: a document or state spec names an unknown broker or parameter, a topic or path can never
            work, or a secret is missing.
        """
        self._load_catalogue(strict=True)
        for name, settings in self._brokers.items():
            try:
                settings.load_password()
                if settings.tls is not None:
                    tls_context(settings.tls)
            except ConfigError as error:
                raise ConfigError(f"mqtt {name!r} at {settings.address}: {error.message}") from error
        self._loop = asyncio.get_running_loop()
        for name, settings in self._brokers.items():
            self._state.set_source_live(self._states[name].source, live=False)
            presence = f"{self._base_topic}/availability" if self._base_topic else ""
            self._links[name] = MqttLink(
                name, settings, self._states[name], presence_topic=presence, together=self._state.together
            )
            self._links[name].start(self._states[name].filters)
        waits = [
            asyncio.wait_for(link.wait_tried(), timeout=link.settings.connect_s + 0.5) for link in self._links.values()
        ]
        await asyncio.gather(*waits, return_exceptions=True)

    async def close(self) -> None:
        """Disconnect and end the network threads; what was not sent is taken back."""
        for command in tuple(self._pending.values()):
            if command.claim():
                command.settle(Delivered(Delivery.NOT_SENT, "the binding was closed"))
        for discovery in self.discoveries.values():
            discovery.close()
        links = tuple(self._links.values())
        await asyncio.gather(*(link.close() for link in links))
        self._links.clear()

    def refresh(self) -> None:
        """Subscribe to what the catalogue names now; for use after its revision has changed.

        :raises ConfigError: a new state spec can never work; the earlier subscriptions stay.
        """
        if self._revision != self._catalogue.revision:
            self._load_catalogue(strict=False)
            for name, link in self._links.items():
                link.listen_to(self._states[name].filters)

    def add_listener(self, listener: Listener, broker: str = "default") -> None:
        """Let somebody hear other topics over a broker's connection; before ``open``.

        :raises ConfigError: no such broker.
        """
        self._check_broker(broker, type(listener).__name__)
        self._states[broker].add_listener(listener)

    def tell(self, subtopic: str, payload: str, *, retain: bool = False) -> None:
        """Publish on a topic of this node, on every broker that is connected; who is away is not told later.

        :param subtopic: below the base topic; without one nothing is published.
        """
        if not self._base_topic:
            return
        for link in self._links.values():
            if link.connected:
                link.tell(f"{self._base_topic}/{subtopic}", payload, retain=retain)

    def follow(self, events: EventBus) -> Callable[[], None]:
        """Publish every event as JSON on ``<base_topic>/events/<kind>``, if the profile wants it."""
        if not self._tells_events:
            return lambda: None
        return events.listen(lambda event: self.tell(f"events/{event.kind}", event.model_dump_json()))

    def peer_problem(self, broker: str = "default") -> str | None:
        """Say in one line why a broker cannot be reached and what to do, or None if it can."""
        link = self._links.get(broker)
        if link is None:
            return f"mqtt {broker!r} is not open; known brokers: {', '.join(self._brokers) or 'none'}"
        if link.connected:
            return None
        return (
            f"mqtt {broker!r}: no broker at {link.settings.address}: {link.problem}; start it, or correct host, port "
            "and user in the profile"
        )

    @property
    def bad_payloads(self) -> dict[str, int]:
        """How many messages on state topics could not be read, by ``<broker>/<topic>``."""
        return {
            f"{name}/{topic}": count
            for name, states in self._states.items()
            for topic, count in states.bad_payloads.items()
        }

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:  # noqa: ARG002
        """Publish the document's message.

        :param call: ``call.deadline_s`` bounds the whole wait, in seconds; the wait for a connection also by the
            broker's ``connect_s``.
        :param progress: never told anything: MQTT has no feedback.
        :returns: ``succeeded`` once acknowledged, with no value; ``rejected`` if an argument does not fit the topic or
            the broker refuses; ``unavailable`` if it was not sent for want of a connection, or nobody was subscribed;
            ``expired`` after ``document.expires_s``; ``in_doubt`` if it was sent and no acknowledgement came.
        """
        begun = self.begin(call, document)
        return begun if isinstance(begun, Outcome) else await begun

    def begin(self, call: Call, document: ApiDocument) -> Outcome | Coroutine[Any, Any, Outcome]:
        """Publish what needs no waiting: a message of QoS 0 is done with once it is written.

        :returns: how the call ended, or what waits for the rest.
        """
        started_at = utc_now()
        try:
            link, commands = self._prepare(call, document)
        except TaskMatrixError as error:
            return unsent_outcome(call, Status.REJECTED, error.error_code, error.message, started_at)
        if link is None:
            reason = f"{call.api} was not sent: {self.peer_problem(_spec_of(document).broker)}"
            return unsent_outcome(call, Status.UNAVAILABLE, "UNAVAILABLE", reason, started_at)
        sending = Sending(call, document, link, commands, started_at)
        if not _spec_of(document).available:
            while sending.outcome is None:
                sending.send()
                if (delivered := sending.next.delivered) is None:
                    break
                sending.take(delivered)
        return sending.outcome or self._see_through(sending)

    def may_end_at_once(self, document: ApiDocument) -> bool:
        """Whether nobody acknowledges its messages, nor tells whether their receiver is there."""
        spec = _spec_of(document)
        return not spec.qos and not spec.available

    async def _see_through(self, sending: Sending) -> Outcome:
        """Wait for what is on its way, and send the rest."""
        call_id = sending.call.call_id
        ends_s = asyncio.get_running_loop().time() + sending.call.deadline_s
        while sending.outcome is None:
            command = self._pending[call_id] = sending.next
            try:
                sending.take(await self._see_off(sending, command, ends_s))
            finally:
                if self._pending.get(call_id) is command:
                    del self._pending[call_id]
                command.claim()  # if our task was cancelled: what has not gone out will not
        return sending.outcome

    async def cancel(self, call_id: str) -> None:
        """Take a message back that has not gone out; one that has can only be awaited."""
        command = self._pending.get(call_id)
        if command is not None and command.claim():
            command.settle(Delivered(Delivery.CANCELLED))

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """No broker tells what became of a message."""
        return None

    def stop(self) -> None:
        """Let nothing go out that has not. Synchronous, from any thread, without a lock."""
        for link in tuple(self._links.values()):
            link.stop()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._take_back_stopped)

    def _take_back_stopped(self) -> None:
        epochs = {link.epoch for link in self._links.values()}
        for command in tuple(self._pending.values()):
            if command.epoch not in epochs and command.claim():
                command.settle(Delivered(Delivery.STOPPED))

    def _packages_changed(self) -> None:
        if self._revision is not None:
            self._revision = -1  # state keys may be others although no document is
            self._refresh_quietly()

    def _refresh_quietly(self) -> None:
        if self._revision is None:
            return
        try:
            self.refresh()
        except ConfigError as error:
            # another document's state spec is wrong, which is not this call's fault
            self._revision = self._catalogue.revision
            _log.error("mqtt: new state specs are not used: %s", error.message)

    def _prepare(self, call: Call, document: ApiDocument) -> tuple[MqttLink | None, list[MqttCommand]]:
        self._refresh_quietly()
        known = self._messages.get(document.name)
        if known is None or known.document is not document:
            self._check_document(document)
            known = self._messages[document.name] = Messages(document, _spec_of(document))
        link = self._links.get(known.spec.broker)
        return link, known.commands(call, link.epoch if link is not None else None)

    async def _see_off(self, sending: Sending, command: MqttCommand, ends_s: float) -> Delivered:
        """Send a message to a device that is there, and wait until the broker has it."""
        loop = asyncio.get_running_loop()
        link, expires_s = sending.link, sending.document.expires_s
        left_s = max(0.0, ends_s - loop.time())
        if (spec := _spec_of(sending.document)).available:
            device = Availability(spec, self._state)
            await device.wait_known(command.result, min(link.settings.connect_s, left_s, expires_s or left_s))
            problem = self.peer_problem(link.name) or device.problem()
            if problem and command.delivered is None and command.claim():
                return Delivered(Delivery.NOT_SENT, problem)
            left_s = max(0.0, ends_s - loop.time())
        if not sending.on_its_way:
            sending.send()
        if command.delivered is not None:  # with QoS 0 it is known at once
            return command.delivered
        return await self._delivered(link, command, left_s, expires_s)

    async def _delivered(
        self, link: MqttLink, command: MqttCommand, deadline_s: float, expires_s: float | None
    ) -> Delivered:
        loop = asyncio.get_running_loop()
        patience_s = min(link.settings.connect_s, deadline_s, expires_s or deadline_s)

        def lose_patience() -> None:
            if not command.claim():  # it is on its way, and only its acknowledgement is missing
                lost = Delivered(Delivery.LOST, f"no acknowledgement within {deadline_s:g} s")
                loop.call_later(deadline_s - patience_s, command.settle, lost)
                return
            late = expires_s is not None and expires_s <= patience_s
            reason = self.peer_problem(link.name) or "the broker has not acknowledged earlier messages"
            command.settle(Delivered(Delivery.EXPIRED if late else Delivery.NOT_SENT, reason))

        timer = loop.call_later(patience_s, lose_patience)
        try:
            return await command.result
        finally:
            timer.cancel()

    def _load_catalogue(self, *, strict: bool) -> None:
        """Take state specs over; ``strict``: also check every document, which later is done when it is called."""
        specs = self._catalogue.states()
        for spec in specs:
            if isinstance(spec.source, MqttSource):
                self._check_broker(spec.source.broker, f"state {spec.key!r}")
        for states in self._states.values():
            states.load_specs(specs)
        if strict:
            for document in of_kinds(self._catalogue.documents(), self.kinds):
                self._check_document(document)
        self._revision = self._catalogue.revision

    def _check_document(self, document: ApiDocument) -> None:
        spec = _spec_of(document)
        self._check_broker(spec.broker, f"api {document.name!r}")
        try:
            check_messages(spec, document.parameters)
        except ConfigError as error:
            raise ConfigError(f"api {document.name!r}: {error.message}") from error

    def _check_broker(self, broker: str, who: str) -> None:
        if broker not in self._brokers:
            raise ConfigError(
                f"{who}: broker {broker!r} is not in the profile; allowed: {', '.join(self._brokers) or 'none'}; add "
                "it to the profile's brokers or correct the name"
            )


def _spec_of(document: ApiDocument) -> Mqtt:
    if not isinstance(document.binding, Mqtt):
        raise TypeError(f"{document.name} has a {document.binding.kind} binding, not mqtt")
    return document.binding

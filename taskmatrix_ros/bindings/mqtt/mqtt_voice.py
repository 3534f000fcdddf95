"""What this node itself says and hears on a broker, beside the devices."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from taskmatrix_ros.bindings.mqtt.mqtt_command import MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_link import MqttLink
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received, Subscription
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.core.ids import new_id

_log = logging.getLogger(__name__)

Hear = Callable[[bytes], None]


class MqttVoice:
    """Keeps what it said last on each retained topic, and says it again to a broker that has come back.

    Of what it hears, retained messages are passed over: a wish that a broker kept is not one of now.
    """

    def __init__(self, name: str, settings: BrokerSettings, heard: Mapping[str, Hear], *, presence_topic: str) -> None:
        """:param name: of the broker in the profile.

        :param heard: topic -> who is told its messages, in the loop's thread.
        :param presence_topic: says whether this node is there, by the broker's own word where it cannot say so itself.
        """
        # a client id of the profile's is the device connection's: two of one id push each other out
        own = settings.model_copy(update={"client_id": ""})
        self._link = MqttLink(f"{name}-voice", own, self, presence_topic=presence_topic)
        self._heard = dict(heard)
        self._said: dict[str, bytes] = {}
        self._open = False

    async def open(self) -> None:
        """Connect; a broker that is away is connected when it comes."""
        self._open = True
        self._link.start(dict.fromkeys(self._heard, Subscription(qos=1)))

    async def close(self) -> None:
        """Say goodbye."""
        if self._open:
            self._open = False
            await self._link.close()

    def keep(self, topic: str, payload: str) -> None:
        """Say it, retained; nothing where it was said already."""
        data = payload.encode()
        if self._said.get(topic) != data:
            self._said[topic] = data
            if self._link.connected:
                self._send(topic, data, retain=True)

    def say(self, topic: str, payload: str) -> None:
        """Say it once, to whoever listens now."""
        if self._link.connected:
            self._send(topic, payload.encode(), retain=False)

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        command = MqttCommand(
            call_id=new_id(),
            topic=topic,
            payload=payload,
            qos=1,
            retain=retain,
            epoch=self._link.epoch,
        )
        self._link.send(command)

    # --- LinkUser

    def connection_accepted(self) -> None:
        """Nothing is known of an older connection."""

    def connection_subscribed(self) -> None:
        """Say everything that holds."""
        for topic, payload in self._said.items():
            self._send(topic, payload, retain=True)

    def connection_lost(self) -> None:
        """It is said again when the broker is back."""

    def messages_received(self, batch: list[Received]) -> None:
        """Tell who waits for it."""
        for message in batch:
            hear = self._heard.get(message.topic)
            if hear is None or message.retained:
                continue
            try:
                hear(bytes(message.payload))
            except Exception:  # noqa: BLE001 - one message that cannot be used takes nothing else along
                _log.exception("a message on %s could not be used", message.topic)

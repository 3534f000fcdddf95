"""One call's messages, sent one after the other: the next goes out when the broker has the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.bindings.mqtt.mqtt_link import MqttLink
from taskmatrix_ros.bindings.mqtt.mqtt_outcome import outcome_of
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome


class Sending:
    """How far a call has come."""

    def __init__(
        self,
        call: Call,
        document: ApiDocument,
        link: MqttLink,
        commands: Sequence[MqttCommand],
        started_at: datetime,
    ) -> None:
        """:param commands: its messages, at least one."""
        self.call, self.document, self.link = call, document, link
        self.outcome: Outcome | None = None
        """How the call ended, once it has."""
        self.on_its_way = False
        """Whether the message that is next was handed to the link."""
        self._commands, self._started_at = commands, started_at
        self._sent = 0

    @property
    def next(self) -> MqttCommand:
        """The message that is to be sent or waited for; while there is no outcome."""
        return self._commands[self._sent]

    def send(self) -> None:
        """Hand the next message to the link."""
        self.link.send(self.next)
        self.on_its_way = True

    def take(self, delivered: Delivered) -> None:
        """Hear what became of it."""
        last = self._sent + 1 == len(self._commands)
        if last or delivered.delivery is not Delivery.ACKNOWLEDGED:
            place = f"mqtt {self.link.name!r} at {self.link.settings.address}"
            self.outcome = outcome_of(self.call, self.next, delivered, place, self._started_at, earlier=self._sent)
            return
        self._sent += 1
        self.on_its_way = False

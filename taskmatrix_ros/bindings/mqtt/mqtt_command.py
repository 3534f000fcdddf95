"""One message on its way to a broker, from the loop's thread to the network's and back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum


class Delivery(StrEnum):
    """What became of a message."""

    ACKNOWLEDGED = "acknowledged"
    """The broker has it; with QoS 0: it was written to the connection."""
    NOBODY = "nobody"
    """The broker took it and says that nobody is subscribed."""
    REFUSED = "refused"
    """The broker, or the protocol, said no."""
    LOST = "lost"
    """It was written, and the connection ended before the broker answered: it may have arrived or not."""
    NOT_SENT = "not_sent"
    """No connection came in time; it was taken back."""
    EXPIRED = "expired"
    """It grew too old before it could be sent; it was taken back."""
    CANCELLED = "cancelled"
    """It was taken back before it was sent."""
    STOPPED = "stopped"
    """A stop came before it was sent; it was taken back."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a message, and why in a few words."""

    delivery: Delivery
    reason: str = ""


@dataclass(eq=False, kw_only=True, slots=True)
class MqttCommand:
    """A message to publish once or never.

    Whoever claims it decides what becomes of it: the network thread to send it, the loop to take it back. So nothing is
    sent after its caller was told that it was not.
    """

    call_id: str
    topic: str
    payload: bytes
    qos: int
    retain: bool
    epoch: object
    """Which stop it was made after: one made before the latest stop is not sent any more."""
    expires_at_s: float | None = None
    """Steady time in seconds after which it must not be sent."""
    expiry_s: float | None = None
    """How long the broker may keep it for a subscriber, in seconds; MQTT 5 only."""
    delivered: Delivered | None = field(default=None, init=False)
    """What became of it, once that is known."""
    _waiter: asyncio.Future[Delivered] | None = field(default=None, init=False)
    _ticket: list[None] = field(default_factory=lambda: [None], init=False)

    def claim(self) -> bool:
        """Take the right to decide. :returns: True to exactly one caller, from any thread, without a lock."""
        try:
            self._ticket.pop()  # atomic; the second to come finds the list empty
        except IndexError:
            return False
        return True

    @property
    def is_claimed(self) -> bool:
        """Whether somebody has decided."""
        return not self._ticket

    def settle(self, delivered: Delivered) -> None:
        """Tell the caller; the first word counts. Loop's thread only."""
        if self.delivered is None:
            self.delivered = delivered
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(delivered)

    @property
    def result(self) -> asyncio.Future[Delivered]:
        """What can be awaited for what becomes of it; whoever knows at once needs none. Loop's thread only."""
        if self._waiter is None:
            self._waiter = asyncio.get_running_loop().create_future()
            if self.delivered is not None:
                self._waiter.set_result(self.delivered)
        return self._waiter

"""What a message's fate means for the call it was sent for."""

from __future__ import annotations

from datetime import datetime

from taskmatrix_ros.bindings.mqtt.mqtt_command import Delivered, Delivery, MqttCommand
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now

_DONE = Outcome(call_id="", status=Status.SUCCEEDED)

_MEANINGS: dict[Delivery, tuple[Status, str, str]] = {
    Delivery.NOBODY: (
        Status.UNAVAILABLE,
        "NO_SUBSCRIBER",
        "{place}: nobody is subscribed to {topic}; switch the device on or correct the topic",
    ),
    Delivery.REFUSED: (
        Status.REJECTED,
        "REFUSED",
        "{place} refused {topic}: {reason}; give its user the right to publish there or correct the call",
    ),
    Delivery.LOST: (
        Status.IN_DOUBT,
        "IN_DOUBT",
        "{place}: {api} was sent, then {reason}; it may have been done or not",
    ),
    Delivery.NOT_SENT: (Status.UNAVAILABLE, "UNAVAILABLE", "{api} was not sent: {reason}"),
    Delivery.EXPIRED: (Status.EXPIRED, "EXPIRED", "{api} was not sent before it expired: {reason}"),
    Delivery.CANCELLED: (Status.CANCELLED, "CANCELLED", "{api} was cancelled before it was sent"),
    Delivery.STOPPED: (Status.CANCELLED, "STOPPED", "{api} was stopped before it was sent"),
}


def outcome_of(
    call: Call, command: MqttCommand, delivered: Delivered, place: str, started_at: datetime, *, earlier: int = 0
) -> Outcome:
    """Judge.

    :param place: the broker as a person knows it: name and address.
    :param earlier: how many messages of the same command went out before: a command half sent is in doubt.
    :returns: ``succeeded`` also where nobody was subscribed to a retained message: who comes later gets it.
    """
    retained_for_later = delivered.delivery is Delivery.NOBODY and command.retain
    if delivered.delivery is Delivery.ACKNOWLEDGED or retained_for_later:
        return _DONE.but(call_id=call.call_id, started_at=started_at, ended_at=utc_now())
    status, code, text = _MEANINGS[delivered.delivery]
    message = text.format(api=call.api, place=place, topic=command.topic, reason=delivered.reason)
    if earlier:
        message = f"{call.api} went out in part, {earlier} of its messages, then: {message}"
        return unsent_outcome(call, Status.IN_DOUBT, "IN_DOUBT", message, started_at)
    return unsent_outcome(call, status, code, message, started_at)


def unsent_outcome(call: Call, status: Status, code: str, message: str, started_at: datetime) -> Outcome:
    """Give the outcome of a call that did not succeed, with its reason."""
    report = ErrorReport(code=code, message=" ".join(message.split()))
    return Outcome(call_id=call.call_id, status=status, started_at=started_at, error=report)

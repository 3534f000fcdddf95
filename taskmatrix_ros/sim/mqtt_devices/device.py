"""What all simulated devices have in common: commands take time, are done whole or refused, and only then told."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_COMMAND_BYTES = 4096
MAX_WAITING = 100


class CommandRefused(ValueError):
    """A device does not do this command; one line."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a device has to tell; ``subtopic`` below its own topic."""

    subtopic: str
    payload: str
    retain: bool


class Device(ABC):
    """A device without its connection. Times are seconds of the home's time."""

    latency_s = 0.1
    """How long it takes to do one command."""

    takes_commands = True

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._busy_until_s = 0.0

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What it is now."""

    @abstractmethod
    def apply(self, command: Mapping[str, Any]) -> None:
        """Do a command, wholly or not at all.

        :raises CommandRefused: it holds a key or value that this device does not take, now or ever.
        """

    def live(self, now_s: float) -> bool:  # noqa: ARG002
        """Let time go by. :returns: whether the state is to be told although no command was done."""
        return False

    def receive(self, payload: bytes, now_s: float) -> list[Publication]:
        """Take a command in; it is done after those before it and its own latency.

        :returns: the refusal, where too many wait already.
        """
        if len(self._waiting) >= MAX_WAITING:
            return [self._refusal(payload, f"{MAX_WAITING} commands wait already")]
        self._busy_until_s = max(self._busy_until_s, now_s) + self.latency_s
        self._waiting.append((self._busy_until_s, payload))
        return []

    def advance(self, now_s: float) -> list[Publication]:
        """Do what is due. :returns: what there is to tell, in order."""
        told = []
        while self._waiting and self._waiting[0][0] <= now_s:
            _due_s, payload = self._waiting.popleft()
            try:
                self.apply(parse_command(payload))
            except CommandRefused as refused:
                told.append(self._refusal(payload, str(refused)))
            else:
                told.append(self.state_publication())
        if self.live(now_s):
            told.append(self.state_publication())
        return told

    def state_publication(self) -> Publication:
        """Tell the state."""
        return Publication("state", json.dumps(self.state()), retain=True)

    def _refusal(self, payload: bytes, reason: str) -> Publication:
        shown = payload[:200].decode(errors="replace")
        return Publication("error", json.dumps({"command": shown, "error": reason}), retain=False)


def parse_command(payload: bytes) -> dict[str, Any]:
    """Read a command; a null means "as it is", except to stop playing.

    :raises CommandRefused: no JSON object, empty, or longer than 4,096 bytes.
    """
    if len(payload) > MAX_COMMAND_BYTES:
        raise CommandRefused(f"{len(payload)} bytes are more than {MAX_COMMAND_BYTES}")
    try:
        command = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise CommandRefused(f"no JSON: {error}") from error
    if not isinstance(command, dict):
        raise CommandRefused("no JSON object")
    command = {key: value for key, value in command.items() if value is not None or key == "play"}
    if not command:
        raise CommandRefused("nothing to do")
    return command


def only_keys(command: Mapping[str, Any], *allowed: str) -> None:
    """:raises CommandRefused: the command holds another key."""
    for key in command:
        if key not in allowed:
            raise CommandRefused(f"it knows no {key!r}; it takes {', '.join(allowed)}")


def one_of(command: Mapping[str, Any], key: str, *allowed: str, otherwise: str) -> str:
    """Give the word at ``key``, ``otherwise`` if there is none.

    :raises CommandRefused: another word, or no word.
    """
    value = command.get(key, otherwise)
    if value not in allowed:
        raise CommandRefused(f"{key} {value!r} is none of {', '.join(allowed)}")
    return str(value)


def number_in(command: Mapping[str, Any], key: str, low: float, high: float, *, otherwise: float) -> float:
    """Give the number at ``key``, ``otherwise`` if there is none.

    :raises CommandRefused: it is no number, or outside ``low..high``.
    """
    value = command.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CommandRefused(f"{key} {value!r} is no number")
    if not low <= value <= high:
        raise CommandRefused(f"{key} {value:g} is outside {low:g}..{high:g}")
    return float(value)


def title_of(command: Mapping[str, Any], otherwise: str | None) -> str | None:
    """Give what ``play`` names, null to stop, ``otherwise`` if it is not there.

    :raises CommandRefused: no text of 1 to 200 characters.
    """
    value = command.get("play", otherwise)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 200:
        raise CommandRefused("play takes a text of 1 to 200 characters, or null")
    return value.strip()

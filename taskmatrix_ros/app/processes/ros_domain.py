"""A ROS domain of one's own, so that two runs on one machine do not answer each other."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError

SAFE_DOMAINS = range(1, 102)
"""Domains whose UDP ports stay below Linux's ephemeral range; 0 is everybody's default."""


class DomainReservation:
    """Holds a domain until it is released, or its process ends.

    A lock tells other runs, who may have chosen it and not begun yet; the port of its first participant tells of other
    programs.
    """

    def __init__(self) -> None:
        """:raises ConfigError: every domain is taken."""
        for domain in random.sample(SAFE_DOMAINS, len(SAFE_DOMAINS)):
            lock = _lock(domain)
            if lock is None:
                continue
            if _is_silent(domain):
                self.domain = domain
                self._lock = lock
                return
            os.close(lock)
        raise ConfigError("every ROS domain from 1 to 101 is taken on this machine; end some ROS programs")

    def release(self) -> None:
        """Let others have it."""
        os.close(self._lock)


_kept: list[DomainReservation] = []


def free_domain() -> int:
    """Give a domain in which nobody on this machine takes part, and keep it as long as this process lives.

    :raises ConfigError: all are taken.
    """
    _kept.append(DomainReservation())
    return _kept[-1].domain


def _lock(domain: int) -> int | None:
    """Lock a file that stands for the domain. :returns: it, open; None where another run has it."""
    path = Path(tempfile.gettempdir()) / f"taskmatrix-ros-domain-{domain}.lock"
    try:
        try:
            file = os.open(path, os.O_RDONLY)  # where it is there it may be another user's, who lets us read it
        except FileNotFoundError:
            file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _is_silent(domain: int) -> bool:
    """Tell whether nobody has the port of the domain's first participant.

    :source: DDSI-RTPS 9.6.1: the first participant of domain d binds UDP port 7400 + 250 d + 10.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 7410 + 250 * domain))
        except OSError:
            return False
        return True

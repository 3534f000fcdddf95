"""A ROS domain that no other test run and no running program on this machine uses."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

DOMAINS = range(1, 102)
"""Their UDP ports lie below Linux's ephemeral range; 0 is everybody's default."""


class DomainReservation:
    """Holds a domain until it is released: a lock against other runs, a look at its port against other programs."""

    def __init__(self) -> None:
        """:raises RuntimeError: every domain is taken."""
        for domain in random.sample(DOMAINS, len(DOMAINS)):
            lock = self._lock(domain)
            if lock is None:
                continue
            if self._is_silent(domain):
                self.domain = domain
                self._file = lock
                return
            os.close(lock)
        raise RuntimeError("every ROS domain from 1 to 101 is taken on this machine; end some ROS programs")

    def release(self) -> None:
        """Let others have it."""
        os.close(self._file)

    @staticmethod
    def _lock(domain: int) -> int | None:
        path = Path(tempfile.gettempdir()) / f"taskmatrix-ros-domain-{domain}.lock"
        try:
            file = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return None
        return file

    @staticmethod
    def _is_silent(domain: int) -> bool:
        """Tell whether nobody has the port of the domain's first participant. :source: DDSI-RTPS 9.6.1."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", 7400 + 250 * domain + 10))
            except OSError:
                return False
            return True

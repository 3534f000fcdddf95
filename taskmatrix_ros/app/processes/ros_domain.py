"""A ROS domain of one's own, so that two runs on one machine do not answer each other."""

from __future__ import annotations

import random
import socket

from taskmatrix_ros.core.errors import ConfigError

SAFE_DOMAINS = range(1, 102)
"""Domains whose UDP ports stay below Linux's ephemeral range; 0 is everybody's default."""


def free_domain() -> int:
    """Give a domain in which nobody on this machine takes part.

    :raises ConfigError: all are taken.
    :source: DDSI-RTPS 9.6.1: the first participant of domain d binds UDP port 7400 + 250 d + 10.
    """
    for domain in random.sample(SAFE_DOMAINS, len(SAFE_DOMAINS)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", 7410 + 250 * domain))
            except OSError:
                continue
            return domain
    raise ConfigError("every ROS domain from 1 to 101 is taken on this machine; end some ROS programs")

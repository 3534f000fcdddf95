"""What a profile says of requests over HTTP."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen


class HttpSettings(Frozen):
    """Public hosts are reached by documents that were approved; private ones only if they are named here as well.

    ``private_hosts``: ``host`` or ``host:port`` as documents write it. ``connect_s`` bounds one attempt to connect,
    ``max_bytes`` a reply. ``retries``: how often a request is repeated that may be. ``ca_file``: certificates of
    further authorities, PEM.
    """

    private_hosts: tuple[str, ...] = ()
    connect_s: float = Field(default=5.0, gt=0, le=60)
    max_bytes: int = Field(default=1_000_000, ge=1, le=100_000_000)
    retries: int = Field(default=2, ge=0, le=10)
    ca_file: Path | None = None

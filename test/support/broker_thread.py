"""The product's own broker starter, kept running on a loop of its own for tests that share one broker."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from taskmatrix_ros.app.broker import Broker


class BrokerThread:
    """A broker for as long as a session of tests lasts."""

    def __init__(self, folder: Path) -> None:
        self._broker = Broker(log_file=folder / "broker.log")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-broker", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._broker.port

    def open(self) -> None:
        """Start it. :raises ConfigError: no broker is installed, or it did not come up."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._broker.open(), self._loop).result(30)

    def close(self) -> None:
        """End it."""
        asyncio.run_coroutine_threadsafe(self._broker.close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

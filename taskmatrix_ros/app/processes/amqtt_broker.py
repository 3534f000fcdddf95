"""``python -m taskmatrix_ros.app.processes.amqtt_broker --port N``: the broker where mosquitto is not installed."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from taskmatrix_ros.app.processes.child_process import READY
from taskmatrix_ros.core.parent_death import die_with_parent


async def serve(host: str, port: int) -> None:
    """Serve MQTT 3.1.1, to everybody who can reach ``host:port``, until SIGINT or SIGTERM.

    :raises BrokerError: the port is taken.
    """
    from amqtt.broker import Broker

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    sys.stdout.write(f"{READY} on {host}:{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await broker.shutdown()


def main() -> int:
    """Run; exit status 1 if the port is taken."""
    die_with_parent()
    parser = argparse.ArgumentParser(prog="amqtt_broker", description="An MQTT 3.1.1 broker for this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("amqtt.broker").setLevel(logging.CRITICAL)  # it writes a traceback for a port that is taken
    try:
        asyncio.run(serve(given.host, given.port))
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor reads one line
        sys.stderr.write(f"amqtt: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

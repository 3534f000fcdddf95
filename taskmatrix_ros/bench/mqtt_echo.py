"""``python -m taskmatrix_ros.bench.mqtt_echo --port N``: a bare paho client that echoes, the floor of a bench."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from taskmatrix_ros.app.processes.broker import HOST
from taskmatrix_ros.core.parent_death import die_with_parent

EVENT_TOPIC = "bench/floor/event"
RING_TOPIC = "bench/floor/ring"


def main() -> None:
    """Answer every message with one, until the process ends."""
    die_with_parent()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    client = paho.Client(CallbackAPIVersion.VERSION2)

    def ready(*_: Any) -> None:
        sys.stdout.write("echo ready: answers\n")
        sys.stdout.flush()

    def connected(*_: Any) -> None:
        client.subscribe(EVENT_TOPIC, qos=0)

    def answer(*_: Any) -> None:
        client.publish(RING_TOPIC, b"low", qos=0)

    client.on_connect = connected
    client.on_subscribe = ready
    client.on_message = answer
    client.connect(HOST, parser.parse_args().port)
    client.loop_forever()


if __name__ == "__main__":
    main()

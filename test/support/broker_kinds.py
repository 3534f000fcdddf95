"""Which MQTT brokers are on this machine; the product needs one of them, so a missing one is a skip."""

from __future__ import annotations

import importlib.util

import pytest

from taskmatrix_ros.app.processes.broker import BrokerKind, find_mosquitto

INSTALLED = {
    BrokerKind.MOSQUITTO: find_mosquitto() is not None,
    BrokerKind.AMQTT: importlib.util.find_spec("amqtt") is not None,
}


def needs_broker(kind: BrokerKind) -> pytest.MarkDecorator:
    """Skip where this very broker is not installed."""
    return pytest.mark.skipif(not INSTALLED[kind], reason=f"{kind.value} is not installed")


needs_mosquitto = needs_broker(BrokerKind.MOSQUITTO)

each_broker = pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs_broker(kind)) for kind in BrokerKind])

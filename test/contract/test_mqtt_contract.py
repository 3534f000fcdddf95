from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from binding_contract import BindingContract, ContractPeer
from broker_kinds import needs_broker, needs_mosquitto
from mqtt_peer import mqtt_peer

from taskmatrix_ros.app.processes.broker import BrokerKind
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttProtocol
from taskmatrix_ros.core.outcome import Status


class MqttContract(BindingContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})  # a message that went out cannot be called back

    kind: BrokerKind
    protocol: MqttProtocol

    def peer(self, folder: Path) -> AbstractAsyncContextManager[ContractPeer]:
        return mqtt_peer(folder, self.kind, self.protocol)


@needs_mosquitto
@pytest.mark.mqtt
class TestMosquitto(MqttContract):
    kind = BrokerKind.MOSQUITTO
    protocol = MqttProtocol.AUTO


@needs_mosquitto
@pytest.mark.mqtt
class TestMosquittoOlderProtocol(MqttContract):
    kind = BrokerKind.MOSQUITTO
    protocol = MqttProtocol.V311


@needs_broker(BrokerKind.AMQTT)
@pytest.mark.mqtt
class TestAmqtt(MqttContract):
    kind = BrokerKind.AMQTT
    protocol = MqttProtocol.AUTO

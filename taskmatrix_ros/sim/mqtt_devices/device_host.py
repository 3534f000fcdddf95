"""Runs all simulated devices of a home in one thread."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Sequence
from functools import partial

from taskmatrix_ros.sim.mqtt_devices.announcement import announcement
from taskmatrix_ros.sim.mqtt_devices.device import Device, Publication
from taskmatrix_ros.sim.mqtt_devices.device_client import DeviceClient

TICK_S = 0.02
SNAPSHOT_TOPIC = "home/devices"


class DeviceHost:
    """Lets time go by for the devices and their connections."""

    def __init__(self, devices: Sequence[Device], *, host: str, port: int, speed: float = 1.0) -> None:
        """:param speed: seconds of the home's time in one second."""
        self.devices = tuple(devices)
        self._speed = speed
        self._clients = {device.topic: self._client(device, host, port) for device in devices}
        self._reporter = DeviceClient(
            SNAPSHOT_TOPIC,
            (f"{SNAPSHOT_TOPIC}/snapshot/get",),
            host=host,
            port=port,
            greeting=lambda: [Publication("availability", "online", retain=True)],
            receive=self._report,
        )

    @property
    def ready(self) -> bool:
        """Whether every device is connected and hears commands."""
        return all(client.ready for client in self._all_clients())

    @property
    def problem(self) -> str:
        """Why not."""
        return next((client.problem for client in self._all_clients() if not client.ready), "")

    def step(self) -> None:
        """Serve the connections for one tick, and let the devices live."""
        clients = self._all_clients()
        with selectors.DefaultSelector() as selector:
            watched: dict[DeviceClient, socket.socket] = {}
            for client in clients:
                if (found := client.socket()) is not None:
                    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.wants_write else 0)
                    selector.register(found, events, client)
                    watched[client] = found
            if watched:
                ready = {key.data: events for key, events in selector.select(TICK_S)}
            else:
                ready = {}
                time.sleep(TICK_S)
        for client in clients:
            events = ready.get(client, 0)
            client.step(readable=bool(events & selectors.EVENT_READ), writable=bool(events & selectors.EVENT_WRITE))
        now_s = self._now_s()
        for device in self.devices:
            for publication in device.advance(now_s):
                self._clients[device.topic].publish(publication)

    def close(self) -> None:
        """Take every device offline."""
        for client in self._all_clients():
            client.close()

    def _all_clients(self) -> tuple[DeviceClient, ...]:
        return (*self._clients.values(), self._reporter)

    def _now_s(self) -> float:
        return time.monotonic() * self._speed

    def _client(self, device: Device, host: str, port: int) -> DeviceClient:
        return DeviceClient(
            device.topic,
            (f"{device.topic}/set",) if device.takes_commands else (),
            host=host,
            port=port,
            greeting=partial(_greeting, device),
            receive=partial(self._command, device),
            announcement=announcement(device),
        )

    def _command(self, device: Device, _topic: str, payload: bytes) -> None:
        for publication in device.receive(payload, self._now_s()):
            self._clients[device.topic].publish(publication)

    def _report(self, _topic: str, _payload: bytes) -> None:
        truth = {device.topic: device.state() for device in self.devices}
        self._reporter.publish(Publication("snapshot", json.dumps(truth), retain=False))


def _greeting(device: Device) -> list[Publication]:
    return [Publication("availability", "online", retain=True), device.state_publication()]

"""``python -m taskmatrix_ros.sim.mqtt_devices --port N``: the devices of the simulated home."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from types import FrameType

from taskmatrix_ros.core.parent_death import die_with_parent
from taskmatrix_ros.sim.mqtt_devices.device_host import DeviceHost
from taskmatrix_ros.sim.mqtt_devices.home import WEATHER_C, build_home

_PATIENCE_S = 3.0


def main() -> int:
    """Serve until SIGINT or SIGTERM; a broker that is away, or goes, is waited for."""
    die_with_parent()
    parser = argparse.ArgumentParser(prog="mqtt_devices", description="The MQTT devices of the simulated home.")
    parser.add_argument("--host", default="127.0.0.1", help="where the broker is")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the home's time in one second")
    parser.add_argument("--outside-c", type=float, default=WEATHER_C, help="how warm it is outside, in degrees Celsius")
    given = parser.parse_args()
    if not 0 < given.speed <= 1000 or not 1 <= given.port <= 65_535:
        parser.error("--speed is in 0..1000 and --port in 1..65535")
    ending = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    host = DeviceHost(build_home(given.outside_c), host=given.host, port=given.port, speed=given.speed)
    address = f"{given.host}:{given.port}"
    told_ready = told_waiting = False
    began_s = time.monotonic()
    while not ending:
        host.step()
        if not told_ready and host.ready:
            told_ready = True
            sys.stdout.write(f"ready: {len(host.devices)} devices on {address}\n")
            sys.stdout.flush()
        elif not told_ready and not told_waiting and time.monotonic() - began_s > _PATIENCE_S:
            told_waiting = True
            sys.stderr.write(f"waiting for the broker at {address}: {host.problem}\n")
            sys.stderr.flush()
    host.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

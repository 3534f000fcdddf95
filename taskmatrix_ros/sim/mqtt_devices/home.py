"""Which devices the simulated home has: the counterparts of ``api_manifests/home.yaml``."""

from __future__ import annotations

from taskmatrix_ros.sim.mqtt_devices.air_conditioner import AirConditioner
from taskmatrix_ros.sim.mqtt_devices.device import Device
from taskmatrix_ros.sim.mqtt_devices.light import Light
from taskmatrix_ros.sim.mqtt_devices.room_air import RoomAir
from taskmatrix_ros.sim.mqtt_devices.speaker import Speaker
from taskmatrix_ros.sim.mqtt_devices.television import Television
from taskmatrix_ros.sim.mqtt_devices.thermometer import Thermometer

WEATHER_C = 29.0


def build_home() -> list[Device]:
    """Make the devices of a flat on a warm morning: the kitchen light is on, everything else is off."""
    living_room = RoomAir(26.5, WEATHER_C)
    return [
        AirConditioner("home/ac", living_room),
        Television("home/tv"),
        Speaker("home/speaker"),
        Light("home/light/kitchen", power="on"),
        Light("home/light/living_room", dimmable=True),
        Light("home/light/bedroom", dimmable=True),
        Thermometer("home/thermometer/living_room", living_room),
        Thermometer("home/thermometer/kitchen", RoomAir(25.0, WEATHER_C)),
        Thermometer("home/thermometer/bedroom", RoomAir(23.0, WEATHER_C)),
    ]

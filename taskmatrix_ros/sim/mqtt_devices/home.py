"""Which devices the simulated home has: the counterparts of ``api_manifests/home.yaml``."""

from __future__ import annotations

from taskmatrix_ros.sim.mqtt_devices.air_conditioner import AirConditioner
from taskmatrix_ros.sim.mqtt_devices.car import Car
from taskmatrix_ros.sim.mqtt_devices.device import Device
from taskmatrix_ros.sim.mqtt_devices.fan import Fan
from taskmatrix_ros.sim.mqtt_devices.light import Light
from taskmatrix_ros.sim.mqtt_devices.opening import Opening
from taskmatrix_ros.sim.mqtt_devices.room_air import RoomAir
from taskmatrix_ros.sim.mqtt_devices.speaker import Speaker
from taskmatrix_ros.sim.mqtt_devices.television import Television
from taskmatrix_ros.sim.mqtt_devices.thermometer import Thermometer

WEATHER_C = 29.0


def build_home(outside_c: float = WEATHER_C) -> list[Device]:
    """Make the devices of a flat: the kitchen light is on, everything else is off.

    :param outside_c: how warm it is outside, where the car stands.
    """
    living_room = RoomAir(26.5, WEATHER_C)
    return [
        AirConditioner("home/ac", living_room),
        Television("home/tv"),
        Speaker("home/speaker"),
        Light("home/light/kitchen", power="on"),
        Light("home/light/living_room", dimmable=True),
        Light("home/light/bedroom", dimmable=True),
        Light("home/light/hall", dimmable=True),
        Fan("home/fan"),
        Opening("home/blinds", latency_s=1.0),
        Opening("home/door/front"),
        Car("home/car", outside_c),
        Thermometer("home/thermometer/living_room", living_room),
        Thermometer("home/thermometer/kitchen", RoomAir(25.0, WEATHER_C)),
        Thermometer("home/thermometer/bedroom", RoomAir(23.0, WEATHER_C)),
    ]

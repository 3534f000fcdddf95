# ruff: noqa: E501 - announcements as their makers write them
"""Announcements in the manner of different makers, with what each must become.

Every maker is written once, by its documentation or its devices' messages, and stands for several devices that differ
in name, address and options.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Command:
    """A call and what must go out for it, in order; payloads that are JSON are compared as such."""

    api: str
    arguments: dict[str, Any]
    sent: list[tuple[str, Any]]


@dataclass(frozen=True)
class Told:
    """A message of the device and what must be known after it."""

    topic: str
    payload: str
    key: str
    value: Any


@dataclass(frozen=True)
class Case:
    label: str
    topic: str
    config: dict[str, Any]
    commands: list[Command] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


ROOMS = ("Kitchen", "Living Room", "Bedroom", "Hall", "Office", "Bathroom")


def slug(name: str) -> str:
    return name.lower().replace(" ", "_")


def on_off(name: str, topic: str, on: Any, off: Any) -> list[Command]:
    return [Command(f"{name}_turn_on", {}, [(topic, on)]), Command(f"{name}_turn_off", {}, [(topic, off)])]


def zigbee2mqtt(room: str, index: int) -> Iterator[Case]:
    """zigbee2mqtt 1.x and 2.x: JSON, entity names null, device and bridge availability."""
    ieee = f"0x00158d000{index:07x}"

    def base(friendly: str, object_id: str, **more: Any) -> dict[str, Any]:
        return {
            "availability": [
                {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
                {"topic": f"zigbee2mqtt/{friendly}/availability", "value_template": "{{ value_json.state }}"},
            ],
            "availability_mode": "all",
            "device": {
                "identifiers": [f"zigbee2mqtt_{ieee}_{object_id}"], "manufacturer": "IKEA", "model": "LED1545G12",
                "name": friendly, "sw_version": "2.3.087", "via_device": "zigbee2mqtt_bridge_0x00124b0014d9",
                "suggested_area": room,
            },
            "object_id": slug(friendly), "origin": {"name": "Zigbee2MQTT", "sw": "1.40.1", "url": "https://x"},
            "unique_id": f"{ieee}_{object_id}_zigbee2mqtt", "name": None, **more,
        }  # fmt: skip

    lamp = f"{room} lamp"
    state = f"zigbee2mqtt/{lamp}"
    key, fn = f"light.{slug(lamp)}", slug(lamp)
    yield Case(
        f"z2m light {room}", f"homeassistant/light/{ieee}/light/config",
        base(lamp, "light", brightness=True, brightness_scale=254, color_mode=True, command_topic=f"{state}/set",
             max_mireds=454, min_mireds=250, schema="json", state_topic=state, effect=True,
             effect_list=["blink", "breathe", "okay"], supported_color_modes=["color_temp", "xy"]),
        [Command(f"{fn}_turn_on", {}, [(f"{state}/set", {"state": "ON"})]),
         Command(f"{fn}_turn_on", {"brightness_pct": 50}, [(f"{state}/set", {"state": "ON", "brightness": 127})]),
         Command(f"{fn}_turn_on", {"color_temp_kelvin": 2500}, [(f"{state}/set", {"state": "ON", "color_temp": 400})]),
         Command(f"{fn}_turn_on", {"effect": "blink"}, [(f"{state}/set", {"state": "ON", "effect": "blink"})]),
         Command(f"{fn}_turn_on", {"color": "red"},
                 [(f"{state}/set", {"state": "ON", "color": {"x": 0.6401, "y": 0.33}})]),
         Command(f"{fn}_turn_off", {}, [(f"{state}/set", {"state": "OFF"})])],
        [Told(state, '{"state":"ON","brightness":254}', f"{key}.state", "on"),
         Told(state, '{"state":"ON","brightness":127,"color_temp":400}', f"{key}.brightness_pct", 50.0),
         Told(state, '{"state":"ON","color_temp":400}', f"{key}.color_temp_kelvin", 2500.0),
         Told(f"zigbee2mqtt/{lamp}/availability", '{"state":"online"}', f"{key}.available_2", True),
         Told("zigbee2mqtt/bridge/state", '{"state":"offline"}', f"{key}.available", False)],
    )  # fmt: skip
    plug = f"{room} plug"
    state = f"zigbee2mqtt/{plug}"
    yield Case(
        f"z2m switch {room}", f"homeassistant/switch/{ieee}/switch/config",
        base(plug, "switch", command_topic=f"{state}/set", payload_off="OFF", payload_on="ON", state_topic=state,
             value_template="{{ value_json.state }}"),
        on_off(slug(plug), f"{state}/set", "ON", "OFF"),
        [Told(state, '{"state":"ON","power":3.4}', f"switch.{slug(plug)}.state", "on"),
         Told(state, '{"state":"OFF"}', f"switch.{slug(plug)}.state", "off")],
    )  # fmt: skip
    blind = f"{room} blind"
    state, fn = f"zigbee2mqtt/{blind}", slug(f"{room} blind")
    yield Case(
        f"z2m cover {room}", f"homeassistant/cover/{ieee}/cover/config",
        base(blind, "cover", command_topic=f"{state}/set", position_template="{{ value_json.position }}",
             position_topic=state, set_position_template='{ "position": {{ position }} }',
             set_position_topic=f"{state}/set", state_closing="DOWN", state_opening="UP", state_stopped="STOP",
             state_topic=state,
             value_template='{% if "running" in value_json and value_json.running %}{{ value_json.motor_direction }}'
             '{% else %}STOP{% endif %}'),
        [Command(f"{fn}_open", {}, [(f"{state}/set", "OPEN")]),
         Command(f"{fn}_close", {}, [(f"{state}/set", "CLOSE")]),
         Command(f"{fn}_stop", {}, [(f"{state}/set", "STOP")]),
         Command(f"{fn}_set_position", {"position_pct": 30}, [(f"{state}/set", {"position": 30})])],
        [Told(state, '{"position":42}', f"cover.{fn}.position_pct", 42.0),
         Told(state, '{"position":42,"running":true,"motor_direction":"UP"}', f"cover.{fn}.state", "opening")],
    )  # fmt: skip
    valve = f"{room} thermostat"
    state, fn = f"zigbee2mqtt/{valve}", slug(f"{room} thermostat")
    yield Case(
        f"z2m climate {room}", f"homeassistant/climate/{ieee}/climate/config",
        base(valve, "climate", action_template="{% set values = {None:None,'idle':'idle','heat':'heating'} %}"
             "{{ values[value_json.running_state] }}", action_topic=state,
             current_temperature_template="{{ value_json.local_temperature }}", current_temperature_topic=state,
             max_temp="30", min_temp="5", mode_command_topic=f"{state}/set/system_mode",
             mode_state_template="{{ value_json.system_mode }}", mode_state_topic=state, modes=["heat", "auto", "off"],
             preset_mode_command_topic=f"{state}/set/preset", preset_mode_state_topic=state,
             preset_mode_value_template="{{ value_json.preset }}", preset_modes=["schedule", "manual", "boost"],
             temp_step=0.5, temperature_command_topic=f"{state}/set/occupied_heating_setpoint",
             temperature_state_template="{{ value_json.occupied_heating_setpoint }}", temperature_state_topic=state,
             temperature_unit="C"),
        [Command(f"{fn}_set_temperature", {"temperature_c": 19},
                 [(f"{state}/set/occupied_heating_setpoint", "19")]),
         Command(f"{fn}_set_mode", {"mode": "auto"}, [(f"{state}/set/system_mode", "auto")]),
         Command(f"{fn}_turn_off", {}, [(f"{state}/set/system_mode", "off")]),
         Command(f"{fn}_set_preset_mode", {"preset_mode": "boost"}, [(f"{state}/set/preset", "boost")])],
        [Told(state, '{"occupied_heating_setpoint":21.5}', f"climate.{fn}.temperature_c", 21.5),
         Told(state, '{"local_temperature":"20.1"}', f"climate.{fn}.current_temperature_c", 20.1),
         Told(state, '{"running_state":"heat"}', f"climate.{fn}.action", "heating"),
         Told(state, '{"system_mode":"heat"}', f"climate.{fn}.state", "heat")],
    )  # fmt: skip
    door = f"{room} window"
    state = f"zigbee2mqtt/{door}"
    yield Case(
        f"z2m binary_sensor {room}", f"homeassistant/binary_sensor/{ieee}/contact/config",
        base(door, "contact", device_class="door", payload_off=True, payload_on=False, state_topic=state,
             value_template="{{ value_json.contact }}"),
        [],
        [Told(state, '{"contact":false}', f"binary_sensor.{slug(door)}.state", "on"),
         Told(state, '{"contact":true}', f"binary_sensor.{slug(door)}.state", "off")],
    )  # fmt: skip
    yield Case(
        f"z2m sensor {room}", f"homeassistant/sensor/{ieee}/temperature/config",
        base(f"{room} climate", "temperature", device_class="temperature", state_class="measurement",
             state_topic=f"zigbee2mqtt/{room} climate", unit_of_measurement="°C",
             value_template="{{ value_json.temperature }}") | {"object_id": f"{slug(room)}_t"},
        [],
        [Told(f"zigbee2mqtt/{room} climate", '{"temperature":21.3}', f"sensor.{slug(room)}_t.state", 21.3)],
    )  # fmt: skip
    lock = f"{room} lock"
    state = f"zigbee2mqtt/{lock}"
    yield Case(
        f"z2m lock {room}", f"homeassistant/lock/{ieee}/lock/config",
        base(lock, "lock", command_topic=f"{state}/set", payload_lock="LOCK", payload_unlock="UNLOCK",
             state_locked="LOCK", state_unlocked="UNLOCK", state_topic=state, value_template="{{ value_json.state }}"),
        [Command(f"{slug(lock)}_lock", {}, [(f"{state}/set", "LOCK")]),
         Command(f"{slug(lock)}_unlock", {}, [(f"{state}/set", "UNLOCK")])],
        [Told(state, '{"state":"LOCK"}', f"lock.{slug(lock)}.state", "locked"),
         Told(state, '{"state":"UNLOCK"}', f"lock.{slug(lock)}.state", "unlocked")],
    )  # fmt: skip
    fan = f"{room} fan"
    state, fn = f"zigbee2mqtt/{fan}", slug(f"{room} fan")
    yield Case(
        f"z2m fan {room}", f"homeassistant/fan/{ieee}/fan/config",
        base(fan, "fan", command_topic=f"{state}/set/fan_state", payload_off="OFF", payload_on="ON", state_topic=state,
             state_value_template="{{ value_json.fan_state }}", speed_range_min=1, speed_range_max=9,
             percentage_command_topic=f"{state}/set/fan_mode", percentage_state_topic=state,
             percentage_command_template="{{ {0:'off', 1:'1', 2:'2', 3:'3', 4:'4', 5:'5', 6:'6', 7:'7', 8:'8', 9:'9'}"
             "[value] | default('None') }}",
             percentage_value_template="{{ {'off':0, '1':1, '2':2, '3':3, '4':4, '5':5, '6':6, '7':7, '8':8, '9':9}"
             "[value_json.fan_mode] | default('None') }}",
             preset_modes=["auto"], preset_mode_command_topic=f"{state}/set/fan_mode",
             preset_mode_state_topic=state,
             preset_mode_value_template="{{ value_json.fan_mode if value_json.fan_mode in ['auto'] else 'None'"
             " | default('None') }}"),
        [*on_off(fn, f"{state}/set/fan_state", "ON", "OFF"),
         Command(f"{fn}_set_speed", {"speed_pct": 34}, [(f"{state}/set/fan_mode", "4")]),
         Command(f"{fn}_set_preset_mode", {"preset_mode": "auto"}, [(f"{state}/set/fan_mode", "auto")])],
        [Told(state, '{"fan_state":"ON","fan_mode":"auto"}', f"fan.{fn}.state", "on"),
         Told(state, '{"fan_state":"ON","fan_mode":"9"}', f"fan.{fn}.speed_pct", 100.0),
         Told(state, '{"fan_state":"ON","fan_mode":"auto"}', f"fan.{fn}.preset_mode", "auto")],
    )  # fmt: skip


def tasmota(room: str, index: int) -> Iterator[Case]:
    """Tasmota with SetOption19: abbreviated, ``cmnd``, ``stat`` and ``tele``."""
    mac = f"5CCF7F{index:06X}"
    topic = f"tasmota_{index}"
    device = {"ids": [mac], "name": f"{room} Tasmota", "mdl": "Sonoff", "sw": "8.1.0(tasmota)", "mf": "Tasmota"}
    fn = slug(f"{room} Tasmota relay")
    yield Case(
        f"tasmota relay {room}", f"homeassistant/switch/{mac}_RL_1/config",
        {"name": "Relay", "cmd_t": "~cmnd/POWER1", "stat_t": "~tele/STATE", "val_tpl": "{{value_json.POWER1}}",
         "pl_off": "OFF", "pl_on": "ON", "avty_t": "~tele/LWT", "pl_avail": "Online", "pl_not_avail": "Offline",
         "uniq_id": f"{mac}_RL_1", "device": device, "~": f"{topic}/"},
        on_off(fn, f"{topic}/cmnd/POWER1", "ON", "OFF"),
        [Told(f"{topic}/tele/STATE", '{"POWER1":"ON"}', f"switch.{fn}.state", "on"),
         Told(f"{topic}/tele/LWT", "Online", f"switch.{fn}.available", True),
         Told(f"{topic}/tele/LWT", "Offline", f"switch.{fn}.available", False)],
    )  # fmt: skip
    fn = slug(f"{room} Tasmota dimmer")
    yield Case(
        f"tasmota dimmer {room}", f"homeassistant/light/{mac}_LI_1/config",
        {"name": "Dimmer", "cmd_t": "~cmnd/POWER", "stat_t": "~tele/STATE", "stat_val_tpl": "{{value_json.POWER}}",
         "pl_off": "OFF", "pl_on": "ON", "avty_t": "~tele/LWT", "pl_avail": "Online", "pl_not_avail": "Offline",
         "uniq_id": f"{mac}_LI_1", "device": device, "~": f"{topic}/", "bri_cmd_t": "~cmnd/Dimmer",
         "bri_stat_t": "~tele/STATE", "bri_scl": 100, "on_cmd_type": "brightness",
         "bri_val_tpl": "{{value_json.Dimmer}}", "clr_temp_cmd_t": "~cmnd/CT", "clr_temp_stat_t": "~tele/STATE",
         "clr_temp_val_tpl": "{{value_json.CT}}", "rgb_cmd_t": "~cmnd/Color2", "rgb_stat_t": "~tele/STATE",
         "rgb_val_tpl": "{{value_json.Color.split(',')[0:3]|join(',')}}", "fx_cmd_t": "~cmnd/Scheme",
         "fx_stat_t": "~tele/STATE", "fx_val_tpl": "{{value_json.Scheme}}", "fx_list": ["0", "1", "2", "3", "4"]},
        [Command(f"{fn}_turn_on", {"brightness_pct": 35}, [(f"{topic}/cmnd/Dimmer", "35")]),
         Command(f"{fn}_turn_on", {"brightness_pct": 35, "color": "blue"},
                 [(f"{topic}/cmnd/Color2", "0,0,255"), (f"{topic}/cmnd/Dimmer", "35")]),
         Command(f"{fn}_turn_off", {}, [(f"{topic}/cmnd/POWER", "OFF")])],
        [Told(f"{topic}/tele/STATE", '{"POWER":"ON","Dimmer":35,"CT":200}', f"light.{fn}.brightness_pct", 35.0),
         Told(f"{topic}/tele/STATE", '{"POWER":"ON","CT":200}', f"light.{fn}.color_temp_kelvin", 5000.0),
         Told(f"{topic}/tele/STATE", '{"POWER":"OFF"}', f"light.{fn}.state", "off")],
    )  # fmt: skip
    sensor = slug(f"{room} Tasmota energy power")
    yield Case(
        f"tasmota power {room}", f"homeassistant/sensor/{mac}_ENERGY_Power/config",
        {"name": "ENERGY Power", "stat_t": f"{topic}/tele/SENSOR", "uniq_id": f"{mac}_ENERGY_Power", "dev": {"ids": [mac],
         "name": f"{room} Tasmota"}, "unit_of_meas": "W", "dev_cla": "power", "frc_upd": True,
         "val_tpl": "{{value_json['ENERGY'].Power}}"},
        [],
        [Told(f"{topic}/tele/SENSOR", '{"Time":"x","ENERGY":{"Power":12}}', f"sensor.{sensor}.state", 12.0)],
    )  # fmt: skip


def esphome(room: str, index: int) -> Iterator[Case]:
    """ESPHome with its MQTT component: abbreviated, one topic for each ability."""
    node = f"{slug(room)}-node"
    device = {"ids": f"a4cf12{index:06x}", "name": node, "sw": "esphome v2024.6", "mdl": "esp32dev", "mf": "espressif"}
    avty = {"avty_t": f"{node}/status", "pl_avail": "online", "pl_not_avail": "offline", "dev": device}
    prefix = node.replace("-", "_")
    light = f"{prefix}_ceiling"
    topic = f"{node}/light/ceiling"
    yield Case(
        f"esphome light {room}", f"homeassistant/light/{node}/ceiling/config",
        {"schema": "json", "name": "Ceiling", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command",
         "brightness": True, "clrm": True, "sup_clrm": ["rgb"], "uniq_id": f"ESPlight{index}", **avty},
        [Command(f"{light}_turn_on", {"brightness_pct": 100}, [(f"{topic}/command", {"state": "ON", "brightness": 255})]),
         Command(f"{light}_turn_on", {"color": "green"},
                 [(f"{topic}/command", {"state": "ON", "color": {"r": 0, "g": 255, "b": 0}})]),
         Command(f"{light}_turn_off", {}, [(f"{topic}/command", {"state": "OFF"})])],
        [Told(f"{topic}/state", '{"state":"ON","brightness":51,"color_mode":"rgb"}', f"light.{light}.brightness_pct", 20.0)],
    )  # fmt: skip
    switch = f"{prefix}_pump"
    topic = f"{node}/switch/pump"
    yield Case(
        f"esphome switch {room}", f"homeassistant/switch/{node}/pump/config",
        {"name": "Pump", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command", "uniq_id": f"ESPpump{index}", **avty},
        on_off(switch, f"{topic}/command", "ON", "OFF"),
        [Told(f"{topic}/state", "ON", f"switch.{switch}.state", "on")],
    )  # fmt: skip
    fan = f"{prefix}_vent"
    topic = f"{node}/fan/vent"
    yield Case(
        f"esphome fan {room}", f"homeassistant/fan/{node}/vent/config",
        {"name": "Vent", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command", "osc_cmd_t": f"{topic}/oscillation/command",
         "osc_stat_t": f"{topic}/oscillation/state", "pct_cmd_t": f"{topic}/speed_level/command",
         "pct_stat_t": f"{topic}/speed_level/state", "spd_rng_max": 3, "dir_cmd_t": f"{topic}/direction/command",
         "dir_stat_t": f"{topic}/direction/state", "uniq_id": f"ESPvent{index}", **avty},
        [*on_off(fan, f"{topic}/command", "ON", "OFF"),
         Command(f"{fan}_set_speed", {"speed_pct": 66}, [(f"{topic}/speed_level/command", "2")]),
         Command(f"{fan}_oscillation_on", {}, [(f"{topic}/oscillation/command", "oscillate_on")]),
         Command(f"{fan}_set_direction_reverse", {}, [(f"{topic}/direction/command", "reverse")])],
        [Told(f"{topic}/speed_level/state", "3", f"fan.{fan}.speed_pct", 100.0),
         Told(f"{topic}/oscillation/state", "oscillate_off", f"fan.{fan}.oscillating", "off")],
    )  # fmt: skip
    cover = f"{prefix}_shade"
    topic = f"{node}/cover/shade"
    yield Case(
        f"esphome cover {room}", f"homeassistant/cover/{node}/shade/config",
        {"name": "Shade", "dev_cla": "shade", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command",
         "pos_t": f"{topic}/position/state", "set_pos_t": f"{topic}/position/command",
         "tilt_cmd_t": f"{topic}/tilt/command", "tilt_status_t": f"{topic}/tilt/state", "uniq_id": f"ESPs{index}", **avty},
        [Command(f"{cover}_close", {}, [(f"{topic}/command", "CLOSE")]),
         Command(f"{cover}_set_position", {"position_pct": 70}, [(f"{topic}/position/command", "70")]),
         Command(f"{cover}_set_tilt", {"tilt_pct": 15}, [(f"{topic}/tilt/command", "15")])],
        [Told(f"{topic}/state", "closed", f"cover.{cover}.state", "closed"),
         Told(f"{topic}/position/state", "55", f"cover.{cover}.position_pct", 55.0)],
    )  # fmt: skip
    number = f"{prefix}_delay"
    topic = f"{node}/number/delay"
    yield Case(
        f"esphome number {room}", f"homeassistant/number/{node}/delay/config",
        {"name": "Delay", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command", "min": 0, "max": 60, "step": 5,
         "mode": "slider", "ent_cat": "config", "uniq_id": f"ESPn{index}", **avty},
        [Command(f"{number}_set", {"value": 15}, [(f"{topic}/command", "15")])],
        [Told(f"{topic}/state", "15", f"number.{number}.state", 15.0)],
    )  # fmt: skip
    select = f"{prefix}_scheme"
    topic = f"{node}/select/scheme"
    yield Case(
        f"esphome select {room}", f"homeassistant/select/{node}/scheme/config",
        {"name": "Scheme", "stat_t": f"{topic}/state", "cmd_t": f"{topic}/command", "ops": ["day", "night"],
         "uniq_id": f"ESPsel{index}", **avty},
        [Command(f"{select}_select", {"option": "night"}, [(f"{topic}/command", "night")])],
        [Told(f"{topic}/state", "day", f"select.{select}.state", "day")],
    )  # fmt: skip
    button = f"{prefix}_restart"
    yield Case(
        f"esphome button {room}", f"homeassistant/button/{node}/restart/config",
        {"name": "Restart", "cmd_t": f"{node}/button/restart/command", "dev_cla": "restart", "ent_cat": "config",
         "uniq_id": f"ESPb{index}", **avty},
        [Command(f"{button}_press", {}, [(f"{node}/button/restart/command", "PRESS")])],
    )  # fmt: skip


def shelly(room: str, index: int) -> Iterator[Case]:
    """Shelly, first generation by its topics, later ones by RPC, as bridges announce them."""
    ident = f"shelly1-{index:06X}"
    name = f"{room} Shelly"
    yield Case(
        f"shelly gen1 {room}", f"homeassistant/switch/{ident}/relay-0/config",
        {"name": name, "command_topic": f"shellies/{ident}/relay/0/command", "state_topic": f"shellies/{ident}/relay/0",
         "payload_on": "on", "payload_off": "off", "availability_topic": f"shellies/{ident}/online",
         "payload_available": "true", "payload_not_available": "false", "unique_id": f"{ident}-relay-0", "qos": 1,
         "device": {"identifiers": [ident], "connections": [["mac", f"AA:BB:CC:00:00:{index:02X}"]], "name": name}},
        on_off(slug(name), f"shellies/{ident}/relay/0/command", "on", "off"),
        [Told(f"shellies/{ident}/relay/0", "on", f"switch.{slug(name)}.state", "on"),
         Told(f"shellies/{ident}/online", "true", f"switch.{slug(name)}.available", True)],
    )  # fmt: skip
    ident = f"shellyplus1-{index:012x}"
    name = f"{room} Plus"
    rpc = '{"id":1,"src":"ha","method":"Switch.Set","params":{"id":0,"on":%s}}'
    yield Case(
        f"shelly gen2 {room}", f"homeassistant/switch/{ident}/config",
        {"name": name, "cmd_t": f"{ident}/rpc", "stat_t": f"{ident}/status/switch:0", "pl_on": rpc % "true",
         "pl_off": rpc % "false", "val_tpl": "{{ value_json.output }}", "stat_on": True, "stat_off": False,
         "uniq_id": ident},
        on_off(slug(name), f"{ident}/rpc", rpc % "true", rpc % "false"),
        [Told(f"{ident}/status/switch:0", '{"id":0,"output":true}', f"switch.{slug(name)}.state", "on")],
    )  # fmt: skip
    name = f"{room} RGBW"
    topic = f"shellies/shellyrgbw2-{index:06X}/white/0"
    yield Case(
        f"shelly template light {room}", f"homeassistant/light/rgbw{index}/config",
        {"schema": "template", "name": name, "command_topic": f"{topic}/set", "state_topic": f"{topic}/status",
         "command_on_template": '{"turn": "on"{%- if brightness is defined -%}, "brightness": '
         '{{brightness | float | multiply(0.3922) | round(0)}}{%- endif -%}{%- if transition is defined -%}, '
         '"transition": {{ transition }}{%- endif -%}}',
         "command_off_template": '{"turn":"off"}',
         "state_template": "{%- if value_json.ison %}on{% else %}off{% endif %}",
         "brightness_template": "{{ value_json.brightness | float | multiply(2.55) | round(0) }}"},
        [Command(f"{slug(name)}_turn_on", {}, [(f"{topic}/set", {"turn": "on"})]),
         Command(f"{slug(name)}_turn_on", {"brightness_pct": 40}, [(f"{topic}/set", {"turn": "on", "brightness": 40})]),
         Command(f"{slug(name)}_turn_off", {}, [(f"{topic}/set", {"turn": "off"})])],
        [Told(f"{topic}/status", '{"ison":true,"brightness":40}', f"light.{slug(name)}.state", "on"),
         Told(f"{topic}/status", '{"ison":true,"brightness":40}', f"light.{slug(name)}.brightness_pct", 40.0)],
    )  # fmt: skip


def others(room: str, index: int) -> Iterator[Case]:
    """Valetudo, WLED, hand-written firmware, gateways, players; single and device form."""
    name = f"{room} Robot"
    topic = f"valetudo/robot{index}"
    yield Case(
        f"valetudo {room}", f"homeassistant/vacuum/valetudo_robot{index}/vacuum/config",
        {"name": name, "schema": "state", "command_topic": f"{topic}/BasicControl/operation/set",
         "state_topic": f"{topic}/hass/state", "supported_features": ["battery", "status", "start", "stop", "pause",
         "return_home", "locate", "fan_speed"], "payload_start": "START", "payload_stop": "STOP",
         "payload_pause": "PAUSE", "payload_return_to_base": "HOME", "payload_locate": "LOCATE",
         "fan_speed_list": ["low", "max"], "set_fan_speed_topic": f"{topic}/FanSpeed/preset/set",
         "json_attributes_topic": f"{topic}/attributes"},
        [Command(f"{slug(name)}_start", {}, [(f"{topic}/BasicControl/operation/set", "START")]),
         Command(f"{slug(name)}_return_to_base", {}, [(f"{topic}/BasicControl/operation/set", "HOME")]),
         Command(f"{slug(name)}_set_fan_speed", {"fan_speed": "max"}, [(f"{topic}/FanSpeed/preset/set", "max")])],
        [Told(f"{topic}/hass/state", '{"state":"docked","battery_level":100,"fan_speed":"low"}',
              f"vacuum.{slug(name)}.state", "docked"),
         Told(f"{topic}/hass/state", '{"state":"docked","battery_level":90}', f"vacuum.{slug(name)}.battery_pct", 90.0)],
    )  # fmt: skip
    name = f"{room} Strip"
    topic = f"wled/{slug(room)}"
    yield Case(
        f"wled {room}", f"homeassistant/light/wled{index}/config",
        {"name": name, "cmd_t": "~", "stat_t": "~/v", "~": topic, "pl_on": "ON", "pl_off": "OFF",
         "stat_val_tpl": "{%if value|int(0) > 0 %}ON{%else%}OFF{%endif%}", "bri_cmd_t": "~", "bri_stat_t": "~/g",
         "bri_val_tpl": "{{value}}", "on_cmd_type": "brightness", "rgb_cmd_t": "~/col",
         "rgb_cmd_tpl": "{{'#%02x%02x%02x' | format(red, green, blue)}}", "uniq_id": f"wled{index}"},
        [Command(f"{slug(name)}_turn_on", {"brightness_pct": 20, "color": "red"}, [(f"{topic}/col", "#ff0000"), (topic, "51")]),
         Command(f"{slug(name)}_turn_off", {}, [(topic, "OFF")])],
        [Told(f"{topic}/g", "51", f"light.{slug(name)}.brightness_pct", 20.0),
         Told(f"{topic}/v", "128", f"light.{slug(name)}.state", "on")],
    )  # fmt: skip
    name = f"{room} Air"
    topic = f"ac/{index}"
    yield Case(
        f"air conditioner in fahrenheit {room}", f"homeassistant/climate/ac{index}/config",
        {"name": name, "temp_unit": "F", "min_temp": 60, "max_temp": 86, "temp_cmd_t": f"{topic}/temp/set",
         "temp_stat_t": f"{topic}/temp", "temp_cmd_tpl": '{"setpoint": {{ value }}}', "curr_temp_t": f"{topic}/room",
         "mode_cmd_t": f"{topic}/mode/set", "mode_stat_t": f"{topic}/mode", "modes": ["off", "cool", "heat", "dry"],
         "fan_mode_cmd_t": f"{topic}/fan/set", "fan_mode_stat_t": f"{topic}/fan", "fan_modes": ["quiet", "turbo"],
         "swing_mode_cmd_t": f"{topic}/swing/set", "pow_cmd_t": f"{topic}/power/set"},
        [Command(f"{slug(name)}_set_temperature", {"temperature_c": 20}, [(f"{topic}/temp/set", {"setpoint": 68.0})]),
         Command(f"{slug(name)}_set_fan_mode", {"fan_mode": "turbo"}, [(f"{topic}/fan/set", "turbo")]),
         Command(f"{slug(name)}_set_swing_mode", {"swing_mode": "off"}, [(f"{topic}/swing/set", "off")]),
         *on_off(slug(name), f"{topic}/power/set", "ON", "OFF")],
        [Told(f"{topic}/room", "77", f"climate.{slug(name)}.current_temperature_c", 25.0),
         Told(f"{topic}/temp", "68", f"climate.{slug(name)}.temperature_c", 20.0)],
    )  # fmt: skip
    name = f"{room} Garage"
    topic = f"garage/{index}"
    yield Case(
        f"garage door {room}", f"homeassistant/cover/garage{index}/config",
        {"name": name, "device_class": "garage", "command_topic": f"{topic}/cmd", "state_topic": f"{topic}/state",
         "payload_open": "up", "payload_close": "down", "payload_stop": None, "state_open": "opened",
         "state_closed": "shut"},
        [Command(f"{slug(name)}_open", {}, [(f"{topic}/cmd", "up")])],
        [Told(f"{topic}/state", "shut", f"cover.{slug(name)}.state", "closed")],
    )  # fmt: skip
    name = f"{room} Mist"
    topic = f"hum/{index}"
    yield Case(
        f"humidifier {room}", f"homeassistant/humidifier/hum{index}/config",
        {"name": name, "cmd_t": f"{topic}/on", "stat_t": f"{topic}/on/state", "hum_cmd_t": f"{topic}/target",
         "hum_stat_t": f"{topic}/target/state", "mode_cmd_t": f"{topic}/mode", "mode_stat_t": f"{topic}/mode/state",
         "modes": ["normal", "sleep"], "min_hum": 30, "max_hum": 80, "pl_on": 1, "pl_off": 0},
        [*on_off(slug(name), f"{topic}/on", "1", "0"),
         Command(f"{slug(name)}_set_humidity", {"humidity_pct": 45}, [(f"{topic}/target", "45")]),
         Command(f"{slug(name)}_set_mode", {"mode": "sleep"}, [(f"{topic}/mode", "sleep")])],
        [Told(f"{topic}/on/state", "1", f"humidifier.{slug(name)}.state", "on"),
         Told(f"{topic}/target/state", "45", f"humidifier.{slug(name)}.humidity_pct", 45.0)],
    )  # fmt: skip
    name = f"{room} Radio"
    topic = f"player/{index}"
    yield Case(
        f"media player {room}", f"homeassistant/media_player/p{index}/config",
        {"name": name, "state_state_topic": f"{topic}/state", "state_title_topic": f"{topic}/title",
         "state_volume_topic": f"{topic}/volume", "command_volume_topic": f"{topic}/set/volume",
         "command_play_topic": f"{topic}/set/play", "command_play_payload": "Play",
         "command_pause_topic": f"{topic}/set/pause", "command_pause_payload": "Pause",
         "command_next_topic": f"{topic}/set/next", "command_next_payload": "Next"},
        [Command(f"{slug(name)}_play", {}, [(f"{topic}/set/play", "Play")]),
         Command(f"{slug(name)}_pause", {}, [(f"{topic}/set/pause", "Pause")]),
         Command(f"{slug(name)}_next", {}, [(f"{topic}/set/next", "Next")]),
         Command(f"{slug(name)}_set_volume", {"volume_pct": 30}, [(f"{topic}/set/volume", "0.3")])],
        [Told(f"{topic}/state", "playing", f"media_player.{slug(name)}.state", "playing"),
         Told(f"{topic}/volume", "0.25", f"media_player.{slug(name)}.volume_pct", 25.0)],
    )  # fmt: skip
    name = f"{room} Speaker"
    topic = f"speaker/{index}"
    yield Case(
        f"media player, other manner {room}", f"homeassistant/media_player/s{index}/config",
        {"name": name, "command_topic": f"{topic}/cmd", "state_topic": f"{topic}/state", "payload_play": "PLAY",
         "payload_pause": "PAUSE", "payload_stop": "STOP", "payload_on": "ON", "payload_off": "OFF",
         "volume_command_topic": f"{topic}/vol/set", "volume_state_topic": f"{topic}/vol", "volume_max": 100,
         "source_list": ["radio", "aux"], "source_command_topic": f"{topic}/src/set",
         "source_state_topic": f"{topic}/src"},
        [*on_off(slug(name), f"{topic}/cmd", "ON", "OFF"),
         Command(f"{slug(name)}_stop", {}, [(f"{topic}/cmd", "STOP")]),
         Command(f"{slug(name)}_set_volume", {"volume_pct": 30}, [(f"{topic}/vol/set", "30")]),
         Command(f"{slug(name)}_set_source", {"source": "aux"}, [(f"{topic}/src/set", "aux")])],
        [Told(f"{topic}/vol", "30", f"media_player.{slug(name)}.volume_pct", 30.0),
         Told(f"{topic}/src", "radio", f"media_player.{slug(name)}.source", "radio")],
    )  # fmt: skip
    topic = f"multi/{index}"
    name = slug(f"{room} Box")
    yield Case(
        f"device form {room}", f"homeassistant/device/box{index}/config",
        {"dev": {"ids": f"box{index}", "name": f"{room} Box", "mf": "Bla", "mdl": "xya", "sa": room},
         "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example/support"},
         "cmps": {
             "temperature": {"p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C", "name": "Temp",
                             "value_template": "{{ value_json.temperature}}", "unique_id": f"temp{index}"},
             "relay": {"p": "switch", "name": "Relay", "cmd_t": f"{topic}/relay/set",
                       "val_tpl": "{{ value_json.relay }}", "unique_id": f"relay{index}"},
             "door": {"p": "lock", "name": "Door", "cmd_t": f"{topic}/door/set", "unique_id": f"door{index}",
                      "val_tpl": "{{ value_json.door }}", "cmd_tpl": '{"do": "{{ value | lower }}"}'},
             "old": {"p": "sensor"}},
         "state_topic": f"{topic}/state", "qos": 2},
        [*on_off(f"{name}_relay", f"{topic}/relay/set", "ON", "OFF"),
         Command(f"{name}_door_lock", {}, [(f"{topic}/door/set", {"do": "lock"})])],
        [Told(f"{topic}/state", '{"temperature":22.5,"relay":"ON","door":"LOCKED"}', f"sensor.{name}_temp.state", 22.5),
         Told(f"{topic}/state", '{"temperature":22.5,"relay":"ON"}', f"switch.{name}_relay.state", "on"),
         Told(f"{topic}/state", '{"door":"UNLOCKED"}', f"lock.{name}_door.state", "unlocked")],
    )  # fmt: skip
    name = f"{room} Siren"
    topic = f"siren/{index}"
    yield Case(
        f"siren {room}", f"homeassistant/siren/x/s{index}/config",
        {"name": name, "command_topic": f"{topic}/set", "state_topic": f"{topic}/state",
         "available_tones": ["fire", "burglar"], "support_volume_set": False},
        [Command(f"{slug(name)}_turn_on", {"tone": "fire", "duration_s": 5},
                 [(f"{topic}/set", {"state": "ON", "tone": "fire", "duration": 5})]),
         Command(f"{slug(name)}_turn_off", {}, [(f"{topic}/set", {"state": "OFF"})])],
        [Told(f"{topic}/state", '{"state":"ON","tone":"fire"}', f"siren.{slug(name)}.state", "on"),
         Told(f"{topic}/state", "OFF", f"siren.{slug(name)}.state", "off")],
    )  # fmt: skip
    name = f"{room} Tap"
    topic = f"tap/{index}"
    yield Case(
        f"valve {room}", f"homeassistant/valve/t{index}/config",
        {"name": name, "command_topic": f"{topic}/set", "state_topic": f"{topic}/state", "reports_position": True,
         "device_class": "water"},
        [Command(f"{slug(name)}_close", {}, [(f"{topic}/set", "0")]),
         Command(f"{slug(name)}_set_position", {"position_pct": 40}, [(f"{topic}/set", "40")])],
        [Told(f"{topic}/state", '{"position": 40, "state": "opening"}', f"valve.{slug(name)}.position_pct", 40.0),
         Told(f"{topic}/state", "0", f"valve.{slug(name)}.state", "closed")],
    )  # fmt: skip
    name = f"{room} Alarm"
    topic = f"alarm/{index}"
    yield Case(
        f"alarm {room}", f"homeassistant/alarm_control_panel/a{index}/config",
        {"name": name, "command_topic": f"{topic}/set", "state_topic": f"{topic}/state",
         "supported_features": ["arm_home", "arm_away"], "code": "REMOTE_CODE", "code_arm_required": False,
         "command_template": '{"action":"{{ action }}","code":"{{ code }}"}'},
        [Command(f"{slug(name)}_arm_home", {"code": "12"}, [(f"{topic}/set", {"action": "ARM_HOME", "code": "12"})]),
         Command(f"{slug(name)}_disarm", {"code": "12"}, [(f"{topic}/set", {"action": "DISARM", "code": "12"})])],
        [Told(f"{topic}/state", "armed_home", f"alarm_control_panel.{slug(name)}.state", "armed_home")],
    )  # fmt: skip
    name = f"{room} Heater"
    topic = f"boiler/{index}"
    yield Case(
        f"water heater {room}", f"homeassistant/water_heater/w{index}/config",
        {"name": name, "mode_command_topic": f"{topic}/mode/set", "mode_state_topic": f"{topic}/mode", "modes": ["off", "eco"],
         "temperature_command_topic": f"{topic}/t/set", "temperature_state_topic": f"{topic}/t", "min_temp": 30,
         "max_temp": 60},
        [Command(f"{slug(name)}_set_temperature", {"temperature_c": 50}, [(f"{topic}/t/set", "50")]),
         Command(f"{slug(name)}_set_mode", {"mode": "eco"}, [(f"{topic}/mode/set", "eco")])],
        [Told(f"{topic}/mode", "eco", f"water_heater.{slug(name)}.state", "eco")],
    )  # fmt: skip
    name = f"{room} Sign"
    topic = f"sign/{index}"
    yield Case(
        f"text {room}", f"homeassistant/text/t{index}/config",
        {"name": name, "command_topic": f"{topic}/set", "state_topic": topic, "max": 20},
        [Command(f"{slug(name)}_set", {"text": "hello {you}"}, [(f"{topic}/set", "hello {you}")])],
        [Told(topic, "hello", f"text.{slug(name)}.state", "hello")],
    )  # fmt: skip
    yield Case(
        f"scene {room}", f"homeassistant/scene/sc{index}/config",
        {"name": f"{room} Movie", "command_topic": f"scenes/{index}", "payload_on": "go"},
        [Command(f"{slug(room)}_movie_activate", {}, [(f"scenes/{index}", "go")])],
    )  # fmt: skip
    yield Case(
        f"optimistic switch {room}", f"homeassistant/switch/rf{index}/config",
        {"name": f"{room} Outlet", "command_topic": "home/433", "optimistic": True,
         "payload_on": f'{{"value":{1000 + index},"protocol":1}}', "payload_off": f'{{"value":{2000 + index},"protocol":1}}'},
        on_off(slug(f"{room} Outlet"), "home/433", {"value": 1000 + index, "protocol": 1},
               {"value": 2000 + index, "protocol": 1}),
    )  # fmt: skip
    name = f"{room} Mower"
    topic = f"mower/{index}"
    yield Case(
        f"lawn mower {room}", f"homeassistant/lawn_mower/m{index}/config",
        {"name": name, "activity_state_topic": f"{topic}/state", "activity_value_template": "{{ value_json.activity }}",
         "start_mowing_command_topic": f"{topic}/start", "start_mowing_command_template": '{"mode": "{{ value }}"}',
         "pause_command_topic": f"{topic}/pause", "dock_command_topic": f"{topic}/dock"},
        [Command(f"{slug(name)}_start_mowing", {}, [(f"{topic}/start", {"mode": "start_mowing"})]),
         Command(f"{slug(name)}_dock", {}, [(f"{topic}/dock", "dock")])],
        [Told(f"{topic}/state", '{"activity":"mowing"}', f"lawn_mower.{slug(name)}.state", "mowing")],
    )  # fmt: skip


CASES = [
    case
    for index, room in enumerate(ROOMS, start=1)
    for maker in (zigbee2mqtt, tasmota, esphome, shelly, others)
    for case in maker(room, index)
]

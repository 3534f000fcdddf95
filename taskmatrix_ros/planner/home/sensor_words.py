"""What sensors measure, and what alarms are about, in words."""

from __future__ import annotations

from collections.abc import Mapping

_ATTRIBUTES: Mapping[str, str] = {
    "apparent_power": "apparent power",
    "aqi": "air quality index|air quality|aqi",
    "atmospheric_pressure": "air pressure|atmospheric pressure|barometric pressure|pressure",
    "battery": "battery level|battery|battery charge|charge",
    "carbon_dioxide": "co2|co2 level|co2 concentration|carbon dioxide level|carbon dioxide",
    "carbon_monoxide": "carbon monoxide concentration|carbon monoxide level|carbon monoxide|co level",
    "current": "amount of current|current|amperage|electric current",
    "data_rate": "download speed|upload speed|data rate|transfer rate|speed",
    "data_size": "size|file size|data size|amount of data",
    "date": "date",
    "timestamp": "time|date|date and time",
    "distance": "distance|mileage|range",
    "duration": "duration|time|remaining time|time left",
    "energy": "amount of energy|energy|energy production|energy consumption|energy use|energy usage",
    "energy_storage": "amount of energy|stored energy|energy|energy level",
    "frequency": "frequency",
    "gas": "amount of gas|gas consumption|gas usage|gas",
    "humidity": "relative humidity|humidity|humidity level",
    "illuminance": "brightness level|brightness|illuminance|light level|amount of light",
    "irradiance": "irradiance|solar irradiance",
    "moisture": "moisture|moisture level|moisture content",
    "monetary": "cost|price|amount of money|balance",
    "nitrogen_dioxide": "nitrogen dioxide concentration|nitrogen dioxide level|no2 level|nitrogen dioxide",
    "nitrogen_monoxide": "nitrogen monoxide concentration|nitrogen monoxide level|no concentration|nitrogen monoxide",
    "nitrous_oxide": "n2o concentration|n2o level|nitrous oxide concentration|nitrous oxide level|nitrous oxide",
    "ozone": "o3 level|ozone level|ozone concentration|o3 concentration|ozone",
    "ph": "ph|ph level|ph value|acidity",
    "pm1": "pm1 level|pm1|pm1 concentration",
    "pm25": "pm2.5 level|pm2.5|pm2.5 concentration|pm25 level",
    "pm10": "pm10 level|pm10|pm10 concentration",
    "power_factor": "power factor",
    "power": "power|power consumption|power usage|power draw|power use",
    "precipitation": "accumulated rainfall|rainfall|precipitation|amount of rain|accumulated precipitation",
    "precipitation_intensity": "rainfall intensity|precipitation intensity|rain intensity|rain rate",
    "pressure": "pressure",
    "reactive_power": "reactive power",
    "signal_strength": "signal strength|signal|signal level",
    "sound_pressure": "acoustic pressure|sound pressure|sound level|noise level|loudness|volume level",
    "speed": "speed|velocity",
    "sulphur_dioxide": "sulphur dioxide concentration|sulphur dioxide level|so2 level|sulphur dioxide",
    "temperature": "temperature|temp",
    "volatile_organic_compounds": "concentration of organic compounds|voc level|voc concentration",
    "volatile_organic_compounds_parts": "concentration of organic compounds|voc level",
    "voltage": "voltage|voltage drop|electric potential",
    "volume": "volume",
    "volume_flow_rate": "flow rate|flow|water flow",
    "volume_storage": "total stored volume|stored volume|volume|fill level|level",
    "water": "total amount of consumed water|amount of water|water consumption|water usage",
    "weight": "weight|mass",
    "wind_speed": "speed|wind speed",
    "wind_direction": "wind direction|direction",
    "": "level|value|reading|state|status",
}


def _by_phrase() -> dict[tuple[str, ...], frozenset[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for device_class, phrases in _ATTRIBUTES.items():
        for phrase in phrases.split("|"):
            found.setdefault(tuple(phrase.split()), set()).add(device_class)
    return {phrase: frozenset(classes) for phrase, classes in found.items()}


SENSOR_ATTRIBUTES: Mapping[tuple[str, ...], frozenset[str]] = _by_phrase()
"""What is measured, in words -> the device classes that measure it; an empty one stands for any."""

DETECTED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    tuple(phrase.split()): tuple(classes.split("/"))
    for phrases, classes in (
        ("carbon monoxide|co", "carbon_monoxide"),
        ("gas|gas leak", "gas"),
        ("smoke|fire", "smoke"),
        ("motion|movement", "motion/occupancy"),
        ("occupancy|presence", "occupancy/presence"),
        ("noise|sound|sounds", "sound"),
        ("leak|leaks|water leak|water|water leaks|moisture|flooding|flood", "moisture"),
        ("vibration|vibrations", "vibration"),
        ("tampering|tamper", "tamper"),
        ("light", "light"),
        ("power", "power"),
        ("cold", "cold"),
        ("heat", "heat"),
    )
    for phrase in phrases.split("|")
}
"""What may be somewhere -> the device classes of the sensors that detect it, the likelier first."""

ROOM_STATES: Mapping[tuple[str, ...], tuple[tuple[str, ...], bool]] = {
    ("occupied",): (("occupancy", "motion", "presence"), True),
    ("empty",): (("occupancy", "motion", "presence"), False),
    ("unoccupied",): (("occupancy", "motion", "presence"), False),
    ("vacant",): (("occupancy", "motion", "presence"), False),
    ("flooded",): (("moisture",), True),
    ("wet",): (("moisture",), True),
    ("dry",): (("moisture",), False),
    ("leaking",): (("moisture",), True),
    ("noisy",): (("sound",), True),
}
"""What a place may be -> device classes of the sensors that tell, and whether they are on then."""

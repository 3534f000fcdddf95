"""Devices that announce themselves by MQTT, as Home Assistant's discovery describes it, made into API packages."""

"""Services of Home Assistant that nothing here may call."""

from __future__ import annotations

NEVER_USED = frozenset(
    {
        "homeassistant", "frontend", "system_log", "logger", "backup", "recorder", "hassio", "persistent_notification",
        "config", "person", "zone", "tag", "schedule", "template", "cloud", "update", "shell_command", "python_script",
        "rest_command", "command_line", "mqtt", "device_tracker", "profiler", "conversation", "ffmpeg", "logbook",
    }
)  # fmt: skip
"""Domains whose services are Home Assistant's own affairs, or a way around every limit."""


def never_used_problem(service: str) -> str | None:
    """Say why a service such as ``mqtt.publish`` may not be called, or None."""
    domain = service.partition(".")[0]
    if domain not in NEVER_USED:
        return None
    return f"{service} is one of the services {domain}.*, Home Assistant's own affairs or a way around every limit"

"""The presence of a profile, if it wants one."""

from __future__ import annotations

from taskmatrix_ros.app.home.discovery_messages import PresenceTopics
from taskmatrix_ros.app.home.presence import Presence
from taskmatrix_ros.app.profile.presence_settings import BASE_TOPIC
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding


def make_presence(settings: Settings, system: System) -> Presence | None:
    """Make it, without I/O; None where the profile has none.

    :param system: open: its bindings are known.
    """
    if settings.presence is None or settings.mqtt is None:
        return None
    found = (binding for binding in system.bindings if isinstance(binding, HomeAssistantBinding))
    return Presence(
        system,
        settings.presence,
        settings.mqtt.brokers[settings.presence.broker],
        robot=settings.ros is not None,
        topics=PresenceTopics(settings.mqtt.base_topic or BASE_TOPIC),
        homeassistant=next(found, None),
    )

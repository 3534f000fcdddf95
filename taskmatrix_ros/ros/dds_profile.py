"""How the middleware discovers its peers, for this process and those it starts."""

from __future__ import annotations

import os

from taskmatrix_ros.core.resources import resource


def announce_often() -> None:
    """Have Fast DDS announce participants twice a second. Before rclpy starts; what the user has set stays.

    :source: Fast DDS reads the variable of either name; its default period is 3 s.
    """
    names = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
    if not any(name in os.environ for name in names):
        os.environ[names[0]] = str(resource("config/fastdds.xml"))

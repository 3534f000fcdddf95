"""The system of a profile: what a process around it adds is its bindings."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.app.profile.robot_maps import map_of_profile
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.app.system import MakeBindings, System
from taskmatrix_ros.core.clocks import VirtualHomeClock


def profile_system(
    settings: Settings, make_bindings: MakeBindings, make_system: Callable[..., System] = System
) -> System:
    """Put it together; all that is read is the robot's map.

    :param make_system: builds it, by the arguments of ``System``; a measurement gives one of its own.
    :raises ConfigError: the robot's map is missing or wrong.
    """
    ros = settings.ros
    return make_system(
        settings.manifest_files,
        store_file=settings.store_file,
        make_bindings=make_bindings,
        own_namespaces=(ros.namespace,) if ros else ("/taskmatrix",),
        own_topics=(settings.mqtt.base_topic,) if settings.mqtt else ("taskmatrix",),
        robot_namespace=ros.robot_namespace if ros else "",
        policy=settings.policy,
        audit_key_file=settings.audit_key_file,
        models=settings.models,
        place=settings.home,
        clock=VirtualHomeClock() if settings.home_clock == "virtual" else None,
        apis=settings.apis,
        private_hosts=settings.http.private_hosts,
        robot_map=map_of_profile(settings),
    )

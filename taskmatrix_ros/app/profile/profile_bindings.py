"""The bindings a profile asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskmatrix_ros.app.profile.own_functions import own_functions
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.bindings.function.function_binding import FunctionBinding
from taskmatrix_ros.bindings.function.function_registry import FunctionRegistry
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.http.http_binding import HttpBinding
from taskmatrix_ros.bindings.mcp.mcp_binding import McpBinding
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttBinding
from taskmatrix_ros.core.clocks import RosClock
from taskmatrix_ros.core.ports import Binding
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.device_index import DeviceIndex
from taskmatrix_ros.registry.registry import Registry

if TYPE_CHECKING:
    from taskmatrix_ros.ros.node_thread import NodeThread


def make_bindings(
    settings: Settings,
    catalogue: Registry,
    state: StateStore,
    thread: NodeThread | None = None,
    clock: RosClock | None = None,
) -> list[Any]:
    """Build them, without I/O.

    :param thread: the node that ROS bindings and the camera use; needed where the profile has ``ros:``.
    """
    bindings: list[Binding] = [
        HttpBinding(settings.http, settings.secrets),
        FunctionBinding(settings.functions, catalogue, FunctionRegistry(own_functions(settings, thread))),
    ]
    devices = DeviceIndex()
    if settings.mcp is not None:
        bindings.append(McpBinding(settings.mcp, settings.secrets, settings.http.private_hosts))
    if settings.mqtt is not None:
        bindings.append(
            MqttBinding(
                settings.mqtt.brokers,
                catalogue,
                state,
                packages=catalogue,
                base_topic=settings.mqtt.base_topic,
                tells_events=settings.mqtt.events,
                devices=devices,
            )
        )
    if settings.homeassistant is not None:
        bindings.append(HomeAssistantBinding(settings.homeassistant, catalogue, state, devices=devices))
    if settings.ros is not None and thread is not None and clock is not None:
        from taskmatrix_ros.bindings.ros2 import Ros2Binding

        ros = settings.ros
        bindings.append(
            Ros2Binding(thread, catalogue, state, clock, namespace=ros.robot_namespace, connect_s=ros.connect_s)
        )
    return bindings

"""Names no binding may reach: the node's own, those that reconfigure or stop any node, and ways around the Gate."""

from __future__ import annotations

from collections.abc import Iterable

from taskmatrix_ros.core.binding_spec import BindingSpec, HomeAssistant, Ros2Action, Ros2Service, Ros2Topic
from taskmatrix_ros.core.home_services import never_used_problem
from taskmatrix_ros.executor.gate.canonical_name import CanonicalName

SERVICES_OF_NODES = frozenset(
    {
        "describe_parameters", "get_parameters", "get_parameter_types", "list_parameters", "set_parameters",
        "set_parameters_atomically", "get_type_description", "change_state", "get_state", "get_available_states",
        "get_available_transitions", "get_transition_graph", "get_logger_levels", "set_logger_levels", "load_node",
        "unload_node", "list_nodes",
    }
)  # fmt: skip
"""Parameter, type description, logger, lifecycle and component services, which nodes have under their own name."""

_SAFETY_TOPICS = frozenset({"stop", "alive", "parameter_events"})
"""Whoever publishes them could lift a stop or feign a living node."""


def forbidden_name(binding: BindingSpec, *, robot_namespace: str, own_namespaces: Iterable[str]) -> str | None:
    """Say why a binding may not be used, or None.

    :param robot_namespace: put before relative names, as the binding itself does.
    :param own_namespaces: absolute namespaces that are the node's own, such as ``/taskmatrix``.
    """
    if isinstance(binding, HomeAssistant):
        return never_used_problem(binding.service)
    if not isinstance(binding, Ros2Action | Ros2Service | Ros2Topic):
        return None
    name = binding.name
    if any(letter in name for letter in "{}~"):
        return f"{name} is filled in by the node that uses it; write the whole name"
    absolute = CanonicalName(binding, robot_namespace=robot_namespace).of({})
    parts = absolute.split("/")[1:] if absolute != "/" else []
    for own in own_namespaces:
        prefix = "/" + own.strip("/")
        if prefix != "/" and (absolute == prefix or absolute.startswith(f"{prefix}/")):
            return f"{absolute} is a name of this node"
    if "_action" in parts:
        return f"{absolute} goes behind an action; use its name with kind ros2_action"
    if parts and parts[-1] in SERVICES_OF_NODES:
        return f"{absolute} is a parameter or lifecycle service"
    if parts and isinstance(binding, Ros2Topic) and parts[-1] in _SAFETY_TOPICS:
        return f"{absolute} is a safety topic"
    return None


def own_topic_problem(name: str, own_topics: Iterable[str]) -> str | None:
    """Say why an MQTT topic may not be published on, or None.

    :param name: canonical, ``mqtt://<broker>/<topic>``; other names are passed over.
    :param own_topics: what they, and all topics below them, are: the node's own.
    """
    if not name.startswith("mqtt://"):
        return None
    topic = name.removeprefix("mqtt://").partition("/")[2]
    for own in own_topics:
        if topic == own or topic.startswith(f"{own}/"):
            return f"{topic} is a topic of this node"
    return None

"""The detachable joints between the gripper and what it may hold."""

from __future__ import annotations

import time
from functools import partial

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Empty, String

_RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
_ATTACHED, _DETACHED = "attached", "detached"
_UNHEARD_S = 2.0  # wall seconds of asking after which a state that was said before anybody listened is provoked


class Fastenings:
    """Says what is to be fastened until Gazebo confirms it. In the node's thread.

    Harmonic's DetachableJoint starts attached, says its state once when it changes and never again, and loses what is
    published before the connection stands. So: speak only where somebody listens, repeat until the state agrees, and
    where the only word was missed, have it changed and changed back.

    :source: gz-sim 8, ``src/systems/detachable_joint/DetachableJoint.cc``.
    """

    def __init__(self, node: Node, names: tuple[str, ...]) -> None:
        self._wanted = dict.fromkeys(names, False)
        self._state: dict[str, bool | None] = dict.fromkeys(names)
        self._asked_since: dict[str, float] = {}
        make = partial(node.create_publisher, Empty, qos_profile=_RELIABLE)
        self._attach = {name: make(topic=f"gz/gripper/attach/{name}") for name in names}
        self._detach = {name: make(topic=f"gz/gripper/detach/{name}") for name in names}
        self._subscriptions = [
            node.create_subscription(String, f"gz/gripper/state/{name}", partial(self._on_state, name), _RELIABLE)
            for name in names
        ]

    def want(self, held: str | None) -> None:
        """Have one object fastened and all others loose; None for all loose."""
        for name in self._wanted:
            self._wanted[name] = name == held

    @property
    def settled(self) -> bool:
        """Whether Gazebo has confirmed everything that is wanted."""
        return all(self._state[name] is wanted for name, wanted in self._wanted.items())

    @property
    def unsettled(self) -> list[str]:
        """Names for which it has not."""
        return [name for name, wanted in self._wanted.items() if self._state[name] is not wanted]

    @property
    def unheard(self) -> list[str]:
        """Names to whose joint nobody listens: the bridge, or Gazebo's plugin, is not there."""
        return [
            name
            for name in self._wanted
            if not (self._attach[name].get_subscription_count() and self._detach[name].get_subscription_count())
        ]

    def insist(self) -> None:
        """Say what is not confirmed yet; to be called a few times per second."""
        unheard, now = set(self.unheard), time.monotonic()
        for name in self.unsettled:
            if name in unheard:
                continue
            since = self._asked_since.setdefault(name, now)
            attach = self._wanted[name]
            if self._state[name] is None and now - since > _UNHEARD_S:
                # It is loose already and said so too early: fastened for a moment it speaks again.
                self._asked_since[name] = now
                attach = not attach
            (self._attach if attach else self._detach)[name].publish(Empty())

    def _on_state(self, name: str, message: String) -> None:
        if message.data in (_ATTACHED, _DETACHED):
            self._state[name] = message.data == _ATTACHED
            self._asked_since.pop(name, None)

"""Quality of service of manifests as rclpy wants it."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from taskmatrix_ros.core.binding_spec import Durability, Reliability, RosQos

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""For facts a late subscriber must learn: ``stop``."""


def qos_profile(qos: RosQos) -> QoSProfile:
    """Translate."""
    return QoSProfile(
        depth=qos.depth,
        reliability=(
            ReliabilityPolicy.RELIABLE if qos.reliability is Reliability.RELIABLE else ReliabilityPolicy.BEST_EFFORT
        ),
        durability=(
            DurabilityPolicy.TRANSIENT_LOCAL
            if qos.durability is Durability.TRANSIENT_LOCAL
            else DurabilityPolicy.VOLATILE
        ),
    )

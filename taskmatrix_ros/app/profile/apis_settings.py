"""What a profile says of the API platform."""

from __future__ import annotations

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.registry.route import Conflicts


class ApisSettings(Frozen):
    """``trust``: sources whose documents need no approval, such as ``homeassistant`` and ``mqtt_discovery``.

    ``conflicts``: what becomes of a registered document whose name another package has. ``watch_s``: how often, in
    seconds, the manifests are looked at for changes; 0: never.
    """

    trust: tuple[str, ...] = ()
    conflicts: Conflicts = Conflicts.REFUSE
    watch_s: float = Field(default=1.0, ge=0, le=3600)

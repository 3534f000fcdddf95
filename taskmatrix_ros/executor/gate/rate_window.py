"""At most so many in any so many seconds."""

from __future__ import annotations

from collections import deque

from taskmatrix_ros.core.api_document import RateLimit


class RateWindow:
    """Counts moments of steady time in a window that slides."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._counted: deque[float] = deque()

    def wait_s(self, now_s: float) -> float:
        """Give the seconds until one more fits; 0.0 if it does now."""
        counted = self._counted
        while counted and counted[0] <= now_s - self.limit.per_s:
            counted.popleft()
        return counted[0] + self.limit.per_s - now_s if len(counted) >= self.limit.calls else 0.0

    def count(self, now_s: float) -> None:
        """Take a place."""
        self._counted.append(now_s)

    def take_over(self, other: RateWindow) -> None:
        """Go on with what another window has counted."""
        self._counted.extend(other._counted)

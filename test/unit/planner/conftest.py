"""What the planner's tests share."""

from __future__ import annotations

import pytest
from planner_desk import Desk
from shipped_catalogue import shipped


@pytest.fixture(scope="session")
def desk() -> Desk:
    """The planner over the shipped manifests."""
    return Desk(shipped())

"""The ``request_id`` of a rule's firing is the rule's alone."""

from __future__ import annotations

from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.rule import FIRING


async def refuse_request(request_id: str) -> None:
    """Be the work of a run that used one. :raises PlanningError: always."""
    said = f"request_id '{request_id[:80]}' begins with '{FIRING}', which only rules may use; give another"
    raise PlanningError(said, code="REQUEST_ID")


def check_is_rules(known: RunView) -> None:
    """Make sure that the run that a firing's id is known of is a rule's. :raises ValueError: it is another's."""
    asked = known.episode.instruction
    if asked.channel is not Channel.RULE:
        raise ValueError(
            f"request_id '{asked.request_id}' is taken by run {known.episode.run_id} of channel {asked.channel.value};"
            " the firing was not done"
        )

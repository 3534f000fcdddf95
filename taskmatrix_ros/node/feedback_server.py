"""The service by which people say how a run was."""

from __future__ import annotations

from pydantic import ValidationError

from taskmatrix_interfaces.srv import GiveFeedback
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.feedback import Feedback, Verdict
from taskmatrix_ros.node.loop_services import LoopServices
from taskmatrix_ros.ros.node_thread import NodeThread

_VERDICT = {GiveFeedback.Request.BAD: Verdict.BAD, GiveFeedback.Request.GOOD: Verdict.GOOD}


class FeedbackServer:
    """Lets documents learn how people ask for them."""

    def __init__(self, thread: NodeThread, system: System) -> None:
        self._system = system
        self._services = LoopServices(thread)

    async def open(self) -> None:
        """Offer the service."""
        await self._services.serve(GiveFeedback, "give_feedback", self._give)

    async def close(self) -> None:
        """Withdraw it."""
        await self._services.close()

    async def _give(self, request: GiveFeedback.Request, response: GiveFeedback.Response) -> None:
        verdict = _VERDICT.get(request.verdict)
        if verdict is None:
            raise RequestError(f"verdict {request.verdict} is neither 0 (bad) nor 1 (good)", code="BAD_REQUEST")
        try:
            feedback = Feedback(
                run_id=request.run_id, verdict=verdict, comment=request.comment, speaker=request.speaker
            )
        except ValidationError as error:
            raise RequestError(f"the feedback is wrong: {error}", code="BAD_REQUEST") from error
        names = self._system.feedback.give(feedback)
        response.feedback_id = feedback.feedback_id
        response.message = learned(verdict, names)
        response.success = True


def learned(verdict: Verdict, names: tuple[str, ...]) -> str:
    """Say what came of a verdict."""
    if not names:
        return "kept"
    what = "learned how it is asked for" if verdict is Verdict.GOOD else "forgot this example"
    return f"kept; {', '.join(names)} {what}"

"""ROS 2 actions, services and topics as devices."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rclpy.node import Node

from taskmatrix_ros.bindings.templates import render
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Ros2Action, Ros2Service, Ros2Topic, Ros2TopicSource
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.catalogue_views import of_kinds
from taskmatrix_ros.core.clocks import RosClock
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import id_to_bytes
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Catalogue, Progress, ProgressReport
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.ros.action_call import ActionCall, ActionPeer, GoalEnd, GoalReport
from taskmatrix_ros.ros.interface_types import interface_type
from taskmatrix_ros.ros.message_fields import field_type, fill_field, to_plain
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.qos_profiles import qos_profile
from taskmatrix_ros.ros.ros_names import absolute_name
from taskmatrix_ros.ros.simulated_clock import CLOCK_SILENT_S
from taskmatrix_ros.ros.topic_state import TopicState

_log = logging.getLogger(__name__)

POLL_S = 0.02
CLOSE_S = 2.0
UNAVAILABLE = "UNAVAILABLE"
"""Error code by which a server says that what it needs to do anything is away."""

_STATUS = {
    GoalEnd.SUCCEEDED: Status.SUCCEEDED,
    GoalEnd.ABORTED: Status.FAILED,
    GoalEnd.CANCELED: Status.CANCELLED,
    GoalEnd.REJECTED: Status.REJECTED,
    GoalEnd.TIMED_OUT: Status.TIMED_OUT,
    GoalEnd.NO_SERVER: Status.UNAVAILABLE,
    GoalEnd.LOST: Status.IN_DOUBT,
}


class _Stopped(Exception):
    """A stop came before the call was sent."""


class Ros2Binding:
    """Implements ``core.ports.Binding`` for the three ROS kinds."""

    kinds = frozenset({"ros2_action", "ros2_service", "ros2_topic"})

    def __init__(
        self,
        thread: NodeThread,
        catalogue: Catalogue,
        state: StateStore,
        clock: RosClock,
        *,
        namespace: str = "",
        connect_s: float = 5.0,
    ) -> None:
        """:param namespace: of the robot, put before relative names.

        :param connect_s: wall seconds a peer may take to appear before a call counts as unavailable: DDS repeats a
            lost announcement only every 3 s.
        """
        self._thread = thread
        self._catalogue = catalogue
        self._clock = clock
        self._namespace = namespace
        self._connect_s = connect_s
        self._state = state
        self._topic_state = TopicState(thread, namespace, state)
        self._entities = NodeEntities(thread)
        self._peers: dict[tuple[str, str, str], Any] = {}
        self._goals: dict[str, ActionCall] = {}
        self._epoch = object()
        """Changes with every stop; what was asked for before is not sent."""
        self._is_open = False

    async def open(self) -> None:
        """Resolve every type the manifests name, create the clients, subscribe state, wait for who is there.

        The wait ends when every peer and state was heard of, or after ``connect_s``; who is missing is logged.

        :raises ConfigError: a type or field does not exist; says document, type and the nearest.
        """
        self._is_open = True
        for document in of_kinds(self._catalogue.documents(), self.kinds):
            check_fields(document)
            await self._peer(document.binding)
        await self._topic_state.open(self._catalogue.states())
        until = time.monotonic() + self._connect_s
        while missing := await self._missing():
            if time.monotonic() >= until:
                _log.warning("not heard of within %g s: %s; calls wait for them", self._connect_s, ", ".join(missing))
                break
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        """Destroy clients, publishers and subscriptions."""
        self._is_open = False
        for goal in tuple(self._goals.values()):
            goal.abandon("the binding was closed")
        for _ in range(round(CLOSE_S / POLL_S)):  # they use the clients that go now
            if not self._goals:
                break
            await asyncio.sleep(POLL_S)
        await self._topic_state.close()
        self._peers.clear()
        await self._entities.close()

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        """Perform a gated call; see ``core.ports.Binding.call``."""
        started = utc_now()
        if not self._is_open:
            return _failed(call, Status.UNAVAILABLE, UNAVAILABLE, f"{document.name} was not sent: ROS is not open")
        perform = {
            "ros2_action": self._call_action,
            "ros2_service": self._call_service,
            "ros2_topic": self._publish,
        }[document.binding.kind]
        try:
            outcome = await perform(call, document, progress, self._epoch)
        except _Stopped:
            outcome = _failed(call, Status.CANCELLED, "STOPPED", f"{document.name} was stopped before it was sent")
        except (ConfigError, ValueError) as error:
            outcome = _failed(call, Status.REJECTED, "BAD_ARGUMENT", f"{document.name}: {error}")
        return outcome.model_copy(update={"started_at": started, "ended_at": utc_now()})

    async def cancel(self, call_id: str) -> None:
        """Ask for the goal's end. A service call or a message that was sent cannot be recalled."""
        goal = self._goals.get(call_id)
        if goal is not None:
            goal.cancel()

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """Ask an action's server for the result of the goal whose UUID is the call's id; it keeps results for a while.

        A goal that still goes on is waited for. Services and topics cannot tell.
        """
        spec = document.binding
        if not isinstance(spec, Ros2Action):
            return None
        action = self._goals[call.call_id] = ActionCall(self._thread, await self._peer(spec))
        try:
            report = await action.recover(
                goal_id=id_to_bytes(call.call_id),
                connect_s=self._connect_s,
                deadline_s=call.deadline_s,
                lost=self._lost,
            )
        finally:
            del self._goals[call.call_id]
        return None if report is None else self._outcome(call, document, report)

    def stop(self) -> None:
        """Let nothing go out that has not, and send a cancel request for every pending goal."""
        self._epoch = object()
        for goal in tuple(self._goals.values()):
            goal.stop()

    async def _call_action(self, call: Call, document: ApiDocument, progress: Progress, epoch: object) -> Outcome:
        spec = document.binding
        assert isinstance(spec, Ros2Action)
        peer = await self._peer(spec)
        goal = build(interface_type(spec.type).Goal(), spec.arguments, call.arguments)
        loop = asyncio.get_running_loop()
        action = ActionCall(self._thread, peer)
        self._goals[call.call_id] = action

        def on_feedback(feedback: Any) -> None:
            loop.call_soon_threadsafe(progress, _progress(feedback))

        try:
            self._check_epoch(epoch)  # a stop from here on finds the goal
            report = await action.run(
                goal,
                goal_id=id_to_bytes(call.call_id),
                on_feedback=on_feedback,
                connect_s=self._connect_s,
                deadline_s=call.deadline_s,
                lost=self._lost,
            )
        finally:
            del self._goals[call.call_id]
        return self._outcome(call, document, report)

    def _lost(self) -> str | None:
        silent_s = self._clock.silent_s()
        if silent_s > CLOCK_SILENT_S:
            return f"the simulator is unavailable: /clock has been silent for {silent_s:.1f} s; start it again"
        return None

    def _outcome(self, call: Call, document: ApiDocument, report: GoalReport) -> Outcome:
        result = report.result
        status = _STATUS[report.end]
        said = str(getattr(result, "message", "") or "")
        code = str(getattr(result, "error_code", "") or "")
        if report.end is GoalEnd.SUCCEEDED and getattr(result, "success", True):
            return Outcome(call_id=call.call_id, status=status, value=_value(document, result))
        if report.end in (GoalEnd.SUCCEEDED, GoalEnd.ABORTED):
            if lost := self._lost():
                return _failed(call, Status.UNAVAILABLE, UNAVAILABLE, lost)
            # a server may notice before us that what it needs is gone
            status = Status.UNAVAILABLE if code == UNAVAILABLE else Status.FAILED
            return _failed(call, status, code or "FAILED", said or f"{document.name} failed without a reason")
        if report.end is GoalEnd.LOST and self._lost():
            status = Status.UNAVAILABLE
        return _failed(call, status, status.value.upper(), report.reason)

    async def _call_service(self, call: Call, document: ApiDocument, _progress: Progress, epoch: object) -> Outcome:
        spec = document.binding
        assert isinstance(spec, Ros2Service)
        client = await self._peer(spec)
        name = absolute_name(self._namespace, spec.name)
        deadline = time.monotonic() + call.deadline_s
        request = build(interface_type(spec.type).Request(), spec.arguments, call.arguments)
        if not await self._until(client.service_is_ready, deadline, epoch):
            return _failed(call, Status.UNAVAILABLE, UNAVAILABLE, f"no service {name} within {self._connect_s:g} s")

        def send() -> Any:
            self._check_epoch(epoch)
            return client.call_async(request)

        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                response = await self._thread.result(send)
        except TimeoutError:
            said = f"service {name} did not answer within {call.deadline_s:g} s"
            return _failed(call, Status.IN_DOUBT, "IN_DOUBT", said)
        if not getattr(response, "success", True):
            said = str(getattr(response, "message", "") or f"service {name} reported failure")
            return _failed(call, Status.FAILED, str(getattr(response, "error_code", "") or "FAILED"), said)
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=_value(document, response))

    async def _publish(self, call: Call, document: ApiDocument, _progress: Progress, epoch: object) -> Outcome:
        spec = document.binding
        assert isinstance(spec, Ros2Topic)
        publisher = await self._peer(spec)
        message = build(interface_type(spec.type)(), spec.arguments, call.arguments)
        name = absolute_name(self._namespace, spec.name)
        deadline = time.monotonic() + call.deadline_s
        if not await self._until(lambda: publisher.get_subscription_count() > 0, deadline, epoch):
            said = f"nobody listens on topic {name} within {self._connect_s:g} s"
            return _failed(call, Status.UNAVAILABLE, UNAVAILABLE, said)

        def send() -> None:
            self._check_epoch(epoch)
            publisher.publish(message)

        await self._thread.run(send)
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    async def _missing(self) -> list[str]:
        """Name what has not been heard of: the simulator's clock, servers, listeners, states."""
        found = ["/clock"] if self._clock.silent_s() > 0 and self._clock.now_s() == 0 else []
        for (_kind, name, _type), peer in self._peers.items():
            if not await self._thread.run(partial(_is_there, peer)):
                found.append(name)
        keys = (spec.key for spec in self._catalogue.states() if isinstance(spec.source, Ros2TopicSource))
        return found + [key for key in keys if self._state.read(key) is None]

    def _check_epoch(self, epoch: object) -> None:
        if epoch is not self._epoch:
            raise _Stopped

    async def _until(self, ready: Callable[[], bool], deadline: float, epoch: object) -> bool:
        until = min(deadline, time.monotonic() + self._connect_s)
        while not await self._thread.run(ready):
            self._check_epoch(epoch)
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(POLL_S)
        return True

    async def _peer(self, spec: Any) -> Any:
        name = absolute_name(self._namespace, spec.name)
        key = (spec.kind, name, spec.type)
        if key not in self._peers:
            kind = interface_type(spec.type)
            make: Callable[[Node], Any]
            if isinstance(spec, Ros2Action):
                make = lambda node: ActionPeer(node, kind, name)  # noqa: E731
            elif isinstance(spec, Ros2Service):
                make = lambda node: node.create_client(kind, name)  # noqa: E731
            else:
                make = lambda node: node.create_publisher(kind, name, qos_profile(spec.qos))  # noqa: E731
            self._peers[key] = await self._entities.create(make)
        return self._peers[key]


def _is_there(peer: Any) -> bool:
    if isinstance(peer, ActionPeer):
        return bool(peer.client.server_is_ready())
    return peer.get_subscription_count() > 0 if hasattr(peer, "get_subscription_count") else peer.service_is_ready()


def check_fields(document: ApiDocument) -> None:
    """Check that the type exists and has the fields the document fills.

    :raises ConfigError: names the document, the type and what is there.
    """
    spec = document.binding
    part = {"ros2_action": "Goal", "ros2_service": "Request"}.get(spec.kind)
    try:
        kind = interface_type(spec.type)  # type: ignore[union-attr]
        message = getattr(kind, part) if part else kind
        for path in spec.arguments or document.parameters:  # type: ignore[union-attr]
            field_type(message, path)
    except ConfigError as error:
        raise ConfigError(f"api '{document.name}': {error}") from error


def build(message: Any, templates: Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> Any:
    """Fill a message from arguments; those that are null leave the field's default.

    :raises ValueError: a value does not fit its field.
    """
    fields = dict(arguments) if templates is None else {path: render(t, arguments) for path, t in templates.items()}
    for path, value in fields.items():
        if value is not None:
            fill_field(message, path, value)
    return message


def _value(document: ApiDocument, message: Any) -> Any:
    if document.returns is None or not document.returns.properties:
        return None
    return {name: to_plain(getattr(message, name)) for name in document.returns.properties if hasattr(message, name)}


def _progress(feedback: Any) -> ProgressReport:
    completion = getattr(feedback, "completion", None)
    said = getattr(feedback, "message", "") or getattr(feedback, "state", "")
    known = isinstance(completion, float) and 0.0 <= completion <= 1.0
    return ProgressReport(completion if known else None, str(said))


def _failed(call: Call, status: Status, code: str, message: str) -> Outcome:
    return Outcome(call_id=call.call_id, status=status, error=ErrorReport(code=code, message=message))

"""Home Assistant: its services as calls, its states as state keys, its registries as a home that can be talked of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

from taskmatrix_ros.bindings.homeassistant.homeassistant_halts import HomeAssistantHalts
from taskmatrix_ros.bindings.homeassistant.homeassistant_link import HomeAssistantLink, Lost, Refused
from taskmatrix_ros.bindings.homeassistant.homeassistant_mqtt import ids_of_manifests
from taskmatrix_ros.bindings.homeassistant.homeassistant_outcome import ended, refusal_outcome, split_outcome
from taskmatrix_ros.bindings.homeassistant.homeassistant_registries import read_registries
from taskmatrix_ros.bindings.homeassistant.homeassistant_request import ServiceRequest
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.bindings.homeassistant.homeassistant_start import HomeAssistantStart, service_of
from taskmatrix_ros.bindings.homeassistant.homeassistant_states import SOURCE, HomeAssistantStates
from taskmatrix_ros.bindings.homeassistant.homeassistant_waits import CallPatience, CallWaits
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ConfigError, ManifestError, TaskMatrixError
from taskmatrix_ros.core.home_services import NEVER_USED
from taskmatrix_ros.core.outcome import Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Catalogue, Progress
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.device_index import DeviceIndex, Route
from taskmatrix_ros.registry.live_home import LiveHome
from taskmatrix_ros.registry.service_documents import PACKAGE, ServiceChoice, service_package

_log = logging.getLogger(__name__)

_SETTLE_S = 0.3
"""Registries change in bursts, as when an integration is added."""

_START_LOOK_S = 0.25

_REGISTRY_EVENTS = (
    "area_registry_updated", "floor_registry_updated", "device_registry_updated", "entity_registry_updated",
    "label_registry_updated", "service_registered", "service_removed",
)  # fmt: skip


Hear = Callable[[Mapping[str, Any]], None]


class LiveCatalogue(Catalogue, Protocol):
    """A catalogue that takes what a peer offers now."""

    def put(self, package: ApiPackage, *, source: str) -> tuple[Diagnostic, ...]:
        """Take a package in the place of the one of its name. :raises ManifestError: it does not fit together."""


class HomeAssistantBinding:
    """Calls services and follows states, over one WebSocket.

    A call goes out once or never: not again after a lost connection, and not after its caller was told that it was not
    sent. Entities that Home Assistant does not know or cannot reach are told by name, and the rest is done.
    """

    kinds = frozenset({"homeassistant"})

    def __init__(
        self,
        settings: HomeAssistantSettings,
        catalogue: LiveCatalogue,
        state: StateStore,
        *,
        devices: DeviceIndex | None = None,
    ) -> None:
        """:param devices: says what a manifest has, and is told what Home Assistant has."""
        self.home = LiveHome(settings.expose)
        """What there is, exposed or not."""
        self._settings = settings
        self._catalogue = catalogue
        self._state = state
        self._states = HomeAssistantStates(self.home, state, lambda: self._registry_changed({}))
        self._choice = ServiceChoice(allowed=settings.services, barred=NEVER_USED, effects=settings.effects)
        self._link: HomeAssistantLink | None = None
        self._start: HomeAssistantStart | None = None
        """There while Home Assistant serves and is not done starting."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._epoch = object()
        self._waits = CallWaits()
        self._put: ApiPackage | None = None
        self._reloading: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: list[Callable[[], None]] = []
        self._events: dict[str, list[Hear]] = {}
        self._halts = HomeAssistantHalts(self._state_of, self._halt_one)
        self._devices = devices or DeviceIndex()
        self._deaf: Callable[[], None] = lambda: None

    async def open(self) -> None:
        """Connect, and take over what there is.

        Returns when Home Assistant has answered or failed to, at most after ``connect_s``; one that is away, or still
        starting, is used when it comes.

        :raises ConfigError: the token is missing.
        """
        try:
            self._settings.load_token()
        except ConfigError as error:
            raise ConfigError(f"homeassistant at {self._settings.url}: {error.message}") from error
        self._loop = asyncio.get_running_loop()
        self._state.set_source_live(SOURCE, live=False)
        self._deaf = self._devices.listen(self._devices_changed)
        self._link = HomeAssistantLink(self._settings, self)
        self._link.start()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._link.wait_tried(), self._settings.connect_s + 0.5)

    async def close(self) -> None:
        """Disconnect; what was not sent is taken back."""
        self._epoch = object()
        self._waits.end_all(Status.CANCELLED)
        self._deaf()
        if self._reloading is not None:
            self._reloading.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._link is not None:
            await self._link.close()
            self._link = None

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Tell when floors, areas, entities or their names have changed. :returns: the way to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def hear(self, event_type: str, listener: Hear) -> Callable[[], None]:
        """Tell the data of events of Home Assistant's bus, over every connection. :returns: the way to end it."""
        self._events.setdefault(event_type, []).append(listener)
        if self._link is not None and self._link.ready.is_set() and len(self._events[event_type]) == 1:
            self._begin(self._subscribe_event(self._link, event_type))

        def undo() -> None:
            if listener in self._events.get(event_type, ()):
                self._events[event_type].remove(listener)

        return undo

    def fire(self, event_type: str, data: Mapping[str, Any]) -> None:
        """Put an event on Home Assistant's bus, if it is there and the token's user may."""
        if self._link is not None:
            with suppress(Lost):
                self._link.send("fire_event", event_type=event_type, event_data=dict(data)).add_done_callback(_forget)

    def peer_problem(self) -> str | None:
        """Say in one line why Home Assistant cannot be reached and what to do, or None if it can."""
        if self._link is None:
            return "homeassistant is not open"
        if self._link.ready.is_set():
            return None
        return (
            f"homeassistant at {self._settings.url}: {self._link.problem}; start it, or correct url and token in the "
            "profile"
        )

    # --- calls

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:  # noqa: ARG002
        """Have the service called.

        :param call: ``call.deadline_s`` bounds the whole wait, in seconds; the wait for a connection also by the
            settings' ``connect_s``.
        :returns: ``succeeded`` once Home Assistant has done it, with the service's answer where the document has
            ``returns``; ``failed`` with code ``PARTIAL`` where some entities could not be reached and the rest was
            done; ``rejected`` if Home Assistant does not take it; ``unavailable`` if it was not sent, or nothing of it
            could be reached; ``expired`` after ``document.expires_s``; ``in_doubt`` if no answer came.
        """
        started_at = utc_now()
        epoch, loop = self._epoch, asyncio.get_running_loop()
        ends_s = loop.time() + call.deadline_s
        try:
            request = ServiceRequest.of(call, document, fahrenheit=self._states.fahrenheit)
        except TaskMatrixError as error:
            return ended(call, Status.REJECTED, error.error_code, error.message, started_at)
        patience = CallPatience.of(call, document, self._settings.connect_s)
        for wait in (self._connected, self._there, self._alive):
            if (unsent := await wait(call, request, patience)) is not None:
                return unsent.model_copy(update={"started_at": started_at})
        reachable, problems = self._states.sorted_targets(request.entity_ids)
        if problems and not reachable:
            return split_outcome(call, (), problems, started_at)
        if epoch is not self._epoch:
            return ended(call, Status.CANCELLED, "STOPPED", f"{call.api} was stopped before it was sent", started_at)
        try:
            assert self._link is not None
            answer = self._link.send("call_service", **request.message(reachable))
            self._halts.sent(reachable)
        except Lost as error:
            return self._unsent(call, Status.UNAVAILABLE, str(error))
        try:
            async with asyncio.timeout_at(ends_s):
                result = await answer
        except TimeoutError:
            return self._in_doubt(call, f"no answer came within {call.deadline_s:g} s", started_at)
        except Lost as error:
            return self._in_doubt(call, str(error), started_at)
        except Refused as error:
            return refusal_outcome(call, request.service, error, started_at)
        if problems:
            return split_outcome(call, reachable, problems, started_at)
        value = (result or {}).get("response") if request.returns_response else None
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=value, started_at=started_at)

    async def cancel(self, call_id: str) -> None:
        """Take a call back that has not gone out; one that has can only be awaited."""
        self._waits.end(call_id, Status.CANCELLED)

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """Home Assistant does not tell what became of a call."""
        return None

    def stop(self) -> None:
        """Let nothing go out that has not, and halt what calls have set in motion. From any thread, without a lock."""
        self._epoch = object()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._halt)

    def stop_lifted(self) -> None:
        """What begins to move from now on is not halted. In the loop's thread."""
        self._halts.lift()

    def _halt(self) -> None:
        self._waits.end_all(Status.CANCELLED)
        self._halts.stop()

    def _state_of(self, entity_id: str) -> str | None:
        entity = self.home.entity(entity_id)
        return None if entity is None else entity.state

    def _halt_one(self, entity_id: str, service: str) -> None:
        domain, target = entity_id.partition(".")[0], {"entity_id": entity_id}
        try:
            if self._link is None:
                raise Lost("it is not open")
            sent = self._link.send("call_service", domain=domain, service=service, target=target)
        except Lost as error:
            _log.error("homeassistant could not be told to halt %s: %s", entity_id, error)
        else:
            sent.add_done_callback(_told_halt)

    async def _connected(self, call: Call, request: ServiceRequest, patience: CallPatience) -> Outcome | None:  # noqa: ARG002
        """Wait for a connection. :returns: why the call was not sent; None if it may be sent now."""
        link = self._link
        if link is None:
            return self._unsent(call, Status.UNAVAILABLE, "it is not open")
        if link.ready.is_set():
            return None
        if (ended_as := await self._waits.until(call, link.ready.wait(), patience)) is not None:
            return ended_as
        return None if link.ready.is_set() else self._unsent(call, patience.status, link.problem)

    async def _there(self, call: Call, request: ServiceRequest, patience: CallPatience) -> Outcome | None:
        """Wait for what the call needs of a Home Assistant that is starting. :returns: as ``_connected``."""
        start, service, entity_ids = self._start, request.service, request.entity_ids
        if start is None or start.missing(service, entity_ids) is None:
            return None
        if (ended_as := await self._waits.until(call, start.wait(service, entity_ids), patience)) is not None:
            return ended_as
        missing = start.missing(service, entity_ids)
        if missing is None or (missing in (entity_ids or ()) and not patience.expires):
            return None  # what cannot be reached by now is told by name, and the rest is done
        problem = f"homeassistant at {self._settings.url} is still starting: {missing} is not there yet"
        return self._unsent(call, patience.status, problem, reason=problem)

    async def _alive(self, call: Call, request: ServiceRequest, patience: CallPatience) -> Outcome | None:  # noqa: ARG002
        """Wait for a sign of life before what must not be late goes out: one that hangs would do it when it goes on.

        :returns: as ``_connected``.
        """
        if not patience.must_not_be_late or self._link is None:
            return None
        sign = asyncio.ensure_future(self._link.ping())
        try:
            if (ended_as := await self._waits.until(call, asyncio.wait({sign}), patience)) is not None:
                return ended_as
            if sign.done() and sign.exception() is None:
                return None
        finally:
            sign.cancel()
        return self._unsent(call, patience.status, "it does not answer")

    def _unsent(self, call: Call, status: Status, problem: str, *, reason: str | None = None) -> Outcome:
        before = " before it expired" if status is Status.EXPIRED else ""
        reason = reason or self.peer_problem() or f"homeassistant at {self._settings.url}: {problem}"
        return ended(call, status, status.name, f"{call.api} was not sent{before}: {reason}")

    def _in_doubt(self, call: Call, problem: str, started_at: Any) -> Outcome:
        where = f"homeassistant at {self._settings.url}"
        message = f"{where}: {call.api} was sent, then {problem}; it may have been done or not"
        return ended(call, Status.IN_DOUBT, "IN_DOUBT", message, started_at)

    # --- what Home Assistant says

    async def connection_opened(self) -> None:
        """Load and follow everything.

        One that is starting, and whose home is known from before, is used at once: what is not there yet is awaited by
        the calls that need it. One that was never known is waited for: half a home would pass for the whole.
        """
        assert self._link is not None
        link = self._link
        config = await link.request("get_config")
        starting = not _runs(config)
        if starting and self._put is None:
            config, starting = await self._started(link, config), False
        self._states.fahrenheit = (config.get("unit_system") or {}).get("temperature") == "°F"
        if starting:
            self._start = HomeAssistantStart(await link.request("get_services"), self._states.can_be_reached)
        else:
            await self._load_registries(link)
        for kind in _REGISTRY_EVENTS:
            with suppress(Refused):  # a user without the right sees what there was at the start
                await link.subscribe(self._registry_changed, "subscribe_events", event_type=kind)
        for event_type in tuple(self._events):
            await self._subscribe_event(link, event_type)
        self._states.begin(starting=starting)
        await link.subscribe(self._take_states, "subscribe_entities")
        await self._states.wait_begun()
        if self._start is not None:
            self._begin(self._finish_start(link, self._start, config))
        else:
            await self._offer(link)
        self._take_over()
        self._state.set_source_live(SOURCE, live=True)

    async def _finish_start(
        self, link: HomeAssistantLink, start: HomeAssistantStart, config: Mapping[str, Any]
    ) -> None:
        """Take over what has come when it runs."""
        with suppress(Lost, Refused):
            await self._started(link, config)
            if self._start is not start:
                return
            self._states.started()
            self._end_start()
            await self._reload()

    def _end_start(self) -> None:
        if self._start is not None:
            self._start.end()
            self._start = None

    def _take_states(self, event: Mapping[str, Any]) -> None:
        self._halts.hear(event)
        self._states.take(event)
        if self._start is not None:
            self._start.heard()

    def connection_lost(self) -> None:
        """Nothing it said is believed any more."""
        self._end_start()
        self._state.set_source_live(SOURCE, live=False)

    async def _started(self, link: HomeAssistantLink, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Wait until it runs; entities come one by one before that. One that never does is used as it is."""
        _log.info("homeassistant at %s is starting", self._settings.url)
        link.problem = "it is starting"
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self._settings.start_s
        while not _runs(config) and loop.time() < ends_s:
            await asyncio.sleep(_START_LOOK_S)
            config = await link.request("get_config")
        if not _runs(config):
            _log.warning("homeassistant is still starting after %g s; used as it is", self._settings.start_s)
        return config

    async def _load_registries(self, link: HomeAssistantLink) -> None:
        floors_of = {name: (floor.areas, floor.aliases) for name, floor in self._settings.floors.items()}
        registries = await read_registries(link, floors_of)
        for one, owner in (await ids_of_manifests(link, registries.devices, self._catalogue)).items():
            self._devices.add(Route.MANIFEST, (one,), owner)
        self.home.load(registries)

    async def _offer(self, link: HomeAssistantLink) -> None:
        """Put the documents of what there is now into the catalogue, if that is news."""
        self._share()
        services = await link.request("get_services")
        package = service_package(services, self.home.entities, self._choice)
        if package == self._put:
            return
        try:
            for finding in self._catalogue.put(package, source=SOURCE):
                level = logging.INFO if finding.code == "duplicate" else logging.DEBUG
                _log.log(level, "homeassistant: %s", finding)
        except ManifestError as error:
            _log.error("homeassistant: its services are not used: %s", error.message)
            return
        self._put = package

    def _share(self) -> None:
        """Leave alone what a manifest has, and claim the rest."""
        ids = self.home.device_ids
        better = Route.HOME_ASSISTANT
        self.home.bar(entity_id for entity_id, one in ids.items() if self._devices.better_owner((one,), better))
        exposed = {entity.entity_id for entity in self.home.entities if entity.exposed}
        claims = {one: f"Home Assistant has it as {name}" for name, one in ids.items() if name in exposed}
        self._devices.claim(Route.HOME_ASSISTANT, claims)

    def _devices_changed(self) -> None:
        ids = self.home.device_ids
        barred = {name for name, one in ids.items() if self._devices.better_owner((one,), Route.HOME_ASSISTANT)}
        if barred != self.home.barred:
            self._registry_changed({})

    def _take_over(self) -> None:
        """Bring state keys, and whoever listens, up to what there is now."""
        self._states.tell_all()
        self._states.load_specs(self._catalogue.states())
        for listener in tuple(self._listeners):
            listener()

    def _registry_changed(self, event: Mapping[str, Any]) -> None:
        if self._start is not None:  # all of it is loaded once it runs
            if event.get("event_type") == "service_registered":
                self._start.registered(service_of(event))
            return
        if self._reloading is None and self._loop is not None:
            self._reloading = self._loop.call_later(_SETTLE_S, self._reload_soon)

    def _reload_soon(self) -> None:
        self._reloading = None
        self._begin(self._reload())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="homeassistant-work")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _subscribe_event(self, link: HomeAssistantLink, event_type: str) -> None:
        def hear(event: Mapping[str, Any]) -> None:
            for listener in tuple(self._events.get(event_type, ())):
                listener(event.get("data") or {})

        try:
            await link.subscribe(hear, "subscribe_events", event_type=event_type)
        except Refused as error:
            _log.error(
                "homeassistant: events %r are not heard: %s; the token's user must be an owner", event_type, error
            )
        except Lost:
            return

    async def _reload(self) -> None:
        link = self._link
        if link is None or not link.ready.is_set():
            return
        with suppress(Lost, Refused):
            await self._load_registries(link)
            await self._offer(link)
            self._take_over()


def _runs(config: Mapping[str, Any]) -> bool:
    return bool(config.get("state", "RUNNING") == "RUNNING")


def _told_halt(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.error("homeassistant did not halt what moves: %s", error)


def _forget(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.info("homeassistant did not take an event: %s", error)


__all__ = ["PACKAGE", "HomeAssistantBinding", "HomeAssistantSettings", "LiveCatalogue"]

"""Keeps the catalogue in step with the devices that one broker announces."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from taskmatrix_ros.bindings.discovery.areas import area_composites
from taskmatrix_ros.bindings.discovery.describe import (
    DescribedEntity,
    describe,
    free_id,
    is_passed_over,
    package_name,
    package_of,
)
from taskmatrix_ros.bindings.discovery.entity import DiscoveredEntity
from taskmatrix_ros.bindings.discovery.entity_maker import SOURCE
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.bindings.discovery.message import DiscoveryTopic, parse_discovery
from taskmatrix_ros.bindings.discovery.precedence import ManifestClaims, is_own, own_topic
from taskmatrix_ros.bindings.mqtt.mqtt_owner import Received
from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ManifestError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.registry.device_index import DeviceIndex, Route

_log = logging.getLogger(__name__)

SETTLE_S = 0.05
"""Announcements come in bursts: they go into the catalogue so long after the first, in seconds."""

AT_ONCE = 8
"""Announcements that go into the catalogue in one turn of the loop, those of one device always together."""

GONE_AFTER_S = 60.0
"""What is not announced again so long after a reconnection was taken back while nobody listened."""

MAX_ENTITIES = 20_000
MAX_PROBLEMS = 1_000


class LivePackages(Catalogue, Protocol):
    """A catalogue that takes packages and lets them go while it is used."""

    def put(self, package: ApiPackage, *, source: str) -> Sequence[Diagnostic]:
        """Take a package in the place of the one of its name. :raises ManifestError: it does not fit together."""

    def remove(self, package: str) -> None:
        """Forget a package."""


class LiveDiscovery:
    """Reads announcements, makes packages of them, one for each device. Lives in the loop's thread."""

    def __init__(
        self,
        broker: str,
        prefix: str,
        packages: LivePackages,
        *,
        own_topics: Sequence[str] = (),
        devices: DeviceIndex | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """:param prefix: of discovery topics, ``homeassistant``.

        :param devices: says who has a device by a better route, and is told what manifests have.
        :param changed: called when the catalogue has other packages than before.
        """
        self.broker = broker
        self.prefix = prefix
        self.problems: dict[str, str] = {}
        """Why announcements were skipped, by topic and, in device messages, component."""
        self.passed_over: dict[str, str] = {}
        """Entities that somebody else has, and who."""
        self._packages = packages
        self._own_topics = tuple(own_topics)
        self._devices = devices or DeviceIndex()
        self._deaf: Callable[[], None] = lambda: None
        self._changed = changed
        self._said: dict[str, int] = {}
        self._announced: dict[str, tuple[DiscoveredEntity, ...]] = {}
        self._described: dict[str, DescribedEntity] = {}
        self._before: dict[str, DescribedEntity] = {}
        """What an entity was before its latest announcement: it stays so where that one cannot be used."""
        self._names: dict[str, tuple[str, str]] = {}
        self._package_of: dict[str, str] = {}
        self._stored: dict[str, ApiPackage] = {}
        self._dirty: set[str] = set()
        self._foreign: set[str] = set()
        self._moved = False
        self._unheard: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return (f"{self.prefix}/+/+/config", f"{self.prefix}/+/+/+/config")

    @property
    def entities(self) -> tuple[DescribedEntity, ...]:
        """What is known now."""
        return tuple(self._described.values())

    def connected(self) -> None:
        """A new connection: what is not announced again is gone."""
        self._deaf()
        self._deaf = self._devices.listen(self._reconsider)
        self._unheard = set(self._announced)
        if self._sweep is not None:
            self._sweep.cancel()
        self._sweep = asyncio.get_running_loop().call_later(GONE_AFTER_S, self._forget_unheard)

    def close(self) -> None:
        """Let go of the timers; the packages stay as they are."""
        self._deaf()
        for timer in (self._timer, self._sweep):
            if timer is not None:
                timer.cancel()
        self._timer = self._sweep = None

    def take(self, message: Received) -> bool:
        """Take a message. :returns: whether it is one of discovery's. Never raises for what it holds."""
        if not message.topic.startswith(f"{self.prefix}/") or not message.topic.endswith("/config"):
            return False
        self._unheard.discard(message.topic)
        said = hash(bytes(message.payload))
        if self._said.get(message.topic) == said and message.topic in self._announced:
            return True  # the broker repeats what it retains, a bridge what it has
        self._said[message.topic] = said
        self._clear_problems(message.topic)
        try:
            topic = DiscoveryTopic.parse(message.topic, self.prefix)
            if topic is None or is_passed_over(topic.component):
                return True
            entities = parse_discovery(topic, message.payload)
        except DiscoveryProblem as problem:
            self._report(message.topic, problem)
            return True  # what was announced before stays
        if not entities:
            self._said.pop(message.topic, None)
        if entities or message.topic in self._announced:
            self._replace(message.topic, entities)
        return True

    def flush(self) -> None:
        """Put all that has changed into the catalogue now."""
        while self._dirty:
            self._settle_some()
        self._finish()

    def _settle(self) -> None:
        """Put some of it into the catalogue, then let others have their turn: a home may have hundreds of devices."""
        self._timer = None
        if self._dirty:
            self._settle_some()
            self._timer = asyncio.get_running_loop().call_later(0, self._settle)
        else:
            self._finish()

    def _settle_some(self) -> None:
        """Bring a few packages up to date, each with all of its topics."""
        dirty: set[str] = set()
        by_package: dict[str, list[str]] = {}
        for topic in sorted(self._dirty):
            by_package.setdefault(self._new_package(topic) or self._package_of.get(topic, ""), []).append(topic)
        for topics in by_package.values():
            dirty |= set(topics)
            if len(dirty) >= AT_ONCE:
                break
        self._dirty -= dirty
        self._drop(f"mqtt_areas_{self.broker}")  # first of all: its code calls what may go now
        claims = ManifestClaims(self._packages, self.broker)
        self._foreign = self._foreign_names()
        touched = {self._package_of[topic] for topic in dirty if topic in self._package_of}
        for topic in sorted(dirty):
            for entity in self._announced.get(topic, ()):
                self._describe(topic, entity, claims)
            package = self._new_package(topic)
            if package:
                self._package_of[topic] = package
                touched.add(package)
            else:
                self._package_of.pop(topic, None)
        for name in sorted(touched):
            self._moved |= self._store(name)

    def _finish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        areas = area_composites(f"mqtt_areas_{self.broker}", self._described.values())
        if areas.composites and areas.package not in self._stored:
            self._put(areas)
        if self._moved:
            self._moved = False
            self._changed()

    def _new_package(self, topic: str) -> str:
        entities = self._announced.get(topic)
        return package_name(entities[0]) if entities else ""

    def _reconsider(self) -> None:
        """Look anew at what others have by a better route."""
        for topic, entities in self._announced.items():
            for entity in entities:
                taken = self._devices.better_owner(entity.ids, Route.MQTT_DISCOVERY) is not None
                ours = self._described if taken else self.passed_over
                if entity.place in ours and not is_own(entity):
                    del ours[entity.place]
                    self._dirty.add(topic)
        if self._dirty and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self._settle)

    def _replace(self, topic: str, entities: tuple[DiscoveredEntity, ...]) -> None:
        stay = {entity.place for entity in entities}
        for entity in self._announced.pop(topic, ()):
            described = self._described.pop(entity.place, None)
            self.passed_over.pop(entity.place, None)
            if entity.place not in stay:
                self._names.pop(entity.place, None)
                self._before.pop(entity.place, None)
            elif described is not None:
                self._before[entity.place] = described
        if entities and len(self._described) < MAX_ENTITIES:
            self._announced[topic] = entities
        self._dirty.add(topic)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SETTLE_S, self._settle)

    def _describe(self, topic: str, entity: DiscoveredEntity, claims: ManifestClaims) -> None:
        if is_own(entity):
            self.passed_over[entity.place] = "this node announced it itself"
            return
        if is_passed_over(entity.component):
            return
        label = topic if len(self._announced[topic]) == 1 else f"{topic} {entity.object_id}"
        try:
            object_id, function = self._named(entity)
            described = describe(entity, object_id, self.broker, function=function)
            if taken := own_topic(described, self._own_topics):
                raise DiscoveryProblem(f"it would publish on {taken}, which is a topic of this node")
        except DiscoveryProblem as problem:
            self._report(label, problem)
            if (before := self._before.get(entity.place)) is not None:
                self._described[entity.place] = before
            else:
                self._names.pop(entity.place, None)
            return
        self._before.pop(entity.place, None)
        owner = self._devices.better_owner(entity.ids, Route.MQTT_DISCOVERY)
        if (manifest := claims.of(described)) is not None:
            owner = f"a manifest speaks of {manifest}"
            self._devices.add(Route.MANIFEST, entity.ids, owner)
        if owner is not None:
            self.passed_over[entity.place] = owner
        else:
            self._described[entity.place] = described

    def _named(self, entity: DiscoveredEntity) -> tuple[str, str]:
        """Give the name of an entity's keys and that of its functions; both stay while it is announced."""
        if entity.place not in self._names:
            entity_ids = {names[0] for names in self._names.values()}
            functions = {names[1] for names in self._names.values()}
            wanted = entity.wanted_id or entity.component
            object_id = free_id(wanted, lambda name: f"{entity.component}.{name}" in entity_ids)
            function = object_id
            taken = functions | self._foreign
            if function in taken:
                function = free_id(f"{object_id}_{entity.component}", taken.__contains__)
            self._names[entity.place] = (f"{entity.component}.{object_id}", function)
        entity_id, function = self._names[entity.place]
        return entity_id.partition(".")[2], function

    def _foreign_names(self) -> set[str]:
        """Give what documents of other sources begin with: no function is named so."""
        found = set()
        for document in self._packages.documents():
            if document.source != SOURCE:
                parts = document.name.split("_")
                found |= {"_".join(parts[:count]) for count in range(1, len(parts))}
        return found

    def _store(self, name: str) -> bool:
        """Bring one package up to date. :returns: whether anything in it is another now."""
        places = [e.place for topic, p in self._package_of.items() if p == name for e in self._announced.get(topic, ())]
        described = [self._described[place] for place in places if place in self._described]
        if not described:
            return self._drop(name)
        package = package_of(name, described)
        return self._stored.get(name) != package and self._put(package)

    def _put(self, package: ApiPackage) -> bool:
        try:
            for finding in self._packages.put(package, source=SOURCE):
                _log.debug("mqtt %r: %s: %s", self.broker, package.package, finding)
        except ManifestError as error:
            self._report(package.package, DiscoveryProblem(error.message[:500]))
            return self._drop(package.package)
        self._stored[package.package] = package
        return True

    def _drop(self, name: str) -> bool:
        if self._stored.pop(name, None) is None:
            return False
        self._packages.remove(name)
        return True

    def _forget_unheard(self) -> None:
        for topic in tuple(self._unheard):
            if topic in self._announced:
                self._said.pop(topic, None)
                self._replace(topic, ())
        self._unheard.clear()

    def _clear_problems(self, topic: str) -> None:
        for label in [one for one in self.problems if one == topic or one.startswith(f"{topic} ")]:
            del self.problems[label]

    def _report(self, label: str, problem: DiscoveryProblem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems[label] = problem.message
        _log.warning("mqtt %r: announcement on %s is skipped: %s", self.broker, label[:200], problem.message)

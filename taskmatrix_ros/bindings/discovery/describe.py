"""From announced entities to an API package: the pure part of discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from taskmatrix_ros.bindings.discovery.component_table import DESCRIBERS, PASSED_OVER
from taskmatrix_ros.bindings.discovery.entity import DiscoveredEntity, slug
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker
from taskmatrix_ros.bindings.discovery.fields import DiscoveryProblem
from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, StateSpec
from taskmatrix_ros.core.binding_spec import Mqtt
from taskmatrix_ros.core.errors import ConfigError

VERSION = "1.0.0"


@dataclass(frozen=True, kw_only=True)
class DescribedEntity:
    """An entity with what it became."""

    entity: DiscoveredEntity
    entity_id: str
    name: str
    documents: tuple[ApiDocument, ...]
    states: tuple[StateSpec, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """What its documents publish on, as topic templates."""
        bindings = [document.binding for document in self.documents if isinstance(document.binding, Mqtt)]
        return tuple(dict.fromkeys(message.topic for binding in bindings for message in binding.messages))


def is_passed_over(component: str) -> bool:
    """Whether it is a component that nothing here can use, and no fault."""
    return component in PASSED_OVER


def describe(entity: DiscoveredEntity, object_id: str, broker: str, *, function: str = "") -> DescribedEntity:
    """Make documents and state keys.

    :param object_id: what its keys are named by, after its component.
    :param function: what its documents are named by, before their verb; ``object_id`` if left out.
    :raises DiscoveryProblem: a field of it is wrong or missing; names component, entity and field.
    """
    add = DESCRIBERS.get(entity.component)
    if add is None:
        known = ", ".join(sorted(DESCRIBERS))
        raise DiscoveryProblem(f"component {entity.component[:40]!r} is not known; known are {known}")
    try:
        maker = EntityMaker(entity, object_id, broker, function=function or object_id)
        add(maker)
    except ValidationError as error:
        said = error.errors()[0]
        raise DiscoveryProblem(f"{'.'.join(map(str, said['loc']))}: {said['msg']}") from error
    except DiscoveryProblem:
        raise
    except ConfigError as error:
        raise DiscoveryProblem(error.message) from error
    return DescribedEntity(
        entity=entity,
        entity_id=maker.entity_id,
        name=maker.name,
        documents=tuple(maker.documents),
        states=tuple(maker.states),
    )


def package_name(entity: DiscoveredEntity) -> str:
    """Name the package that an entity's documents are in: one for each device, else one for each entity."""
    device = entity.device
    if device is None or not device.ids:
        return f"mqtt_{slug(entity.place) or 'entity'}"
    return f"mqtt_{slug(device.ids[0]) or slug(device.name) or 'device'}"


def package_of(name: str, described: Iterable[DescribedEntity]) -> ApiPackage:
    """Put entities of one device into a package. Names that stand twice are left to the first."""
    documents: dict[str, ApiDocument] = {}
    states: dict[str, StateSpec] = {}
    title = ""
    for one in described:
        device = one.entity.device
        if device is not None and not title:
            title = " ".join(part for part in (device.name, device.maker, device.model) if part)
        title = title or one.name
        for document in one.documents:
            documents.setdefault(document.name, document)
        for state in one.states:
            states.setdefault(state.key, state)
    given = {"package": name, "version": VERSION}
    return ApiPackage(
        package=name,
        version=VERSION,
        description=f"{title}, announced by MQTT discovery.",
        apis=tuple(document.model_copy(update=given) for document in documents.values()),
        state=tuple(states.values()),
    )


def free_id(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """Give a name that is free: the one wanted, else with a number."""
    base = wanted or "device"
    candidate, number = base, 2
    while is_taken(candidate):
        candidate = f"{base}_{number}"
        number += 1
    return candidate

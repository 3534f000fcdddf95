"""Sentences about all things of a kind in an area: composites over the documents of the things there."""

from __future__ import annotations

from collections.abc import Iterable

from taskmatrix_ros.bindings.discovery.describe import VERSION, DescribedEntity
from taskmatrix_ros.bindings.discovery.entity import said_words
from taskmatrix_ros.core.api_document import ApiPackage, Composite

_KINDS = {
    "light": "(light|lights|lamp|lamps)",
    "switch": "(switch|switches)",
    "fan": "(fan|fans)",
    "cover": "(blind|blinds|shutter|shutters|cover|covers|curtains)",
}
_VERBS = {
    "turn_on": ("(turn|switch) on {}", "(turn|switch) {} on"),
    "turn_off": ("(turn|switch) off {}", "(turn|switch) {} off"),
    "open": ("(open|raise) {}",),
    "close": ("(close|lower|shut) {}",),
}


def area_composites(name: str, described: Iterable[DescribedEntity]) -> ApiPackage:
    """Make a package of composites, none where no device tells its area."""
    calls: dict[tuple[str, str, str], list[str]] = {}
    for one in described:
        area = said_words(one.entity.device.area) if one.entity.device else ""
        if not area or one.entity.component not in _KINDS:
            continue
        for document in one.documents:
            for verb in _VERBS:
                required = any(spec.required for spec in document.parameters.values())
                if document.name.endswith(f"_{verb}") and document.enabled and not required:
                    calls.setdefault((one.entity.component, area, verb), []).append(f"{document.name}()")
    composites = [
        Composite(
            description=f"{verb.replace('_', ' ').capitalize()} every {component} in {area}.",
            sentences={"en": tuple(_sentences(component, area, verb))},
            code="\n".join(sorted(made)),
        )
        for (component, area, verb), made in sorted(calls.items())
    ]
    return ApiPackage(
        package=name, version=VERSION, description="What is said of whole areas.", composites=tuple(composites)
    )


def _sentences(component: str, area: str, verb: str) -> Iterable[str]:
    kind = _KINDS[component]
    for what in (f"[all] [the] {kind} in [the|my] {area}", f"[all] [the|my] {area} {kind}"):
        for form in _VERBS[verb]:
            yield form.format(what)

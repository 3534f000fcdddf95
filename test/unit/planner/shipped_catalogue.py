"""The shipped manifests as a catalogue, without the registry's checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from taskmatrix_ros.core.api_document import ApiDocument, ApiPackage, Composite, StateSpec

MANIFESTS = Path(__file__).parents[3] / "api_manifests"


def package(content: dict[str, Any]) -> ApiPackage:
    """Make a package of a manifest's content; what every document needs is filled in where it is left out."""
    shared = {"package": content["package"], "version": content.get("version", "1.0.0")}
    apis = [{"binding": {"kind": "mqtt", "topic": "t"}, "description": "-", **api, **shared} for api in content["apis"]]
    return ApiPackage.model_validate({**content, **shared, "apis": apis})


class FixedCatalogue:
    """A catalogue of given packages."""

    def __init__(self, *packages: ApiPackage) -> None:
        self.packages = list(packages)
        self.revision = 1

    def get(self, name: str) -> ApiDocument | None:
        return next((document for document in self.documents() if document.name == name), None)

    def documents(self) -> Sequence[ApiDocument]:
        documents = (document for package in self.packages for document in package.apis if document.enabled)
        return sorted(documents, key=lambda document: document.name)

    def composites(self) -> Sequence[Composite]:
        return [composite for package in self.packages for composite in package.composites]

    def states(self) -> Sequence[StateSpec]:
        return [state for package in self.packages for state in package.state]


def shipped() -> FixedCatalogue:
    """Give robot.yaml and home.yaml as they are shipped."""
    names = ("robot.yaml", "home.yaml")
    return FixedCatalogue(*(package(yaml.safe_load((MANIFESTS / name).read_text("utf-8"))) for name in names))

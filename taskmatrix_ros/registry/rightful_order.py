"""Which of several files keeps a name that all of them give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import takewhile

from taskmatrix_ros.registry.manifest_loader import Manifest


def rightful_first(manifests: Sequence[Manifest], holder: Callable[[str], str | None]) -> list[Manifest]:
    """Order files so that of two that give one name the one it belongs to comes first, and the other is at fault.

    It belongs to the package that has it already; else to the one whose own name it begins with, or whose other
    documents are called most like it. Where nothing tells, the order stays.

    :param holder: names the package that has a document already, or None.
    """
    claims: defaultdict[str, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        for api in manifest.package.apis:
            claims[api.name].append(manifest)
    wrong: defaultdict[str, int] = defaultdict(int)
    for name, claimants in claims.items():
        if len(claimants) > 1:
            ties = {id(one): _tie(name, one, holder(name)) for one in claimants}
            strongest = max(ties.values())
            for one in claimants:
                wrong[one.document.file] += ties[id(one)] < strongest
    return sorted(manifests, key=lambda one: wrong.get(one.document.file, 0))


def _tie(name: str, manifest: Manifest, holder: str | None) -> tuple[bool, bool, int]:
    package = manifest.package
    others = [api.name for api in package.apis if api.name != name]
    likeness = max((_alike(name, other) for other in others), default=0)
    return (holder == package.package, name.startswith(package.package), likeness)


def _alike(name: str, other: str) -> int:
    """Count the letters with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))

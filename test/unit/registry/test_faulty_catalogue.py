"""Five hundred files, fifty of them spoilt: each document is loaded or named, and the rest works."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from taskmatrix_ros.registry.manifest_files import manifest_paths
from taskmatrix_ros.registry.registry import Registry

FILES, SPOILT = 500, 50


def manifest(number: int) -> str:
    return f"""\
package: device_{number}
version: 1.0.0
state:
  - {{key: device_{number}.power, type: string, from: {{kind: mqtt, topic: home/{number}/state}}}}
apis:
  - name: device_{number}_on
    description: Switch device number {number} on.
    parameters: {{level_pct: {{type: number, minimum: 0, maximum: 100, default: 50}}}}
    sets: {{device_{number}.power: '"on"'}}
    effect: actuate
    binding: {{kind: mqtt, topic: home/{number}/set, payload: {{power: "on", level: "{{level_pct}}"}}}}
  - name: device_{number}_off
    description: Switch device number {number} off.
    after: [{{api: device_{number}_on}}]
    sets: {{device_{number}.power: '"off"'}}
    effect: actuate
    binding: {{kind: mqtt, topic: home/{number}/set, payload: {{power: "off"}}}}
"""


def bomb(text: str) -> str:
    """Anchors that hold each other: nine levels would be a thousand million."""
    levels = "x0: &x0 [lol]\n"
    levels += "\n".join(f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 9)}]" for level in range(1, 10))
    return f"{text}{levels}\n"


FAULTS: dict[str, Callable[[str], str | bytes]] = {
    "wrong type": lambda text: text.replace("minimum: 0,", "minimum: none,"),
    "wrong type of a list": lambda text: text.replace("after: [{", "after: {").replace("_on}]", "_on}"),
    "unknown key": lambda text: text.replace("effect:", "efect:", 1),
    "YAML error": lambda text: text.replace("apis:", "apis: ["),
    "tabs": lambda text: text.replace("    effect", "\teffect", 1),
    "10 MB description": lambda text: text.replace("Switch", "Switch " * 1_600_000, 1),
    "anchor recursion": bomb,
    "an anchor that holds itself": lambda text: text + "loop: &loop [*loop]\n",
    "duplicate name": lambda text: re.sub(r"name: device_\d+_on", f"name: device_{FILES - 1}_on", text, count=1),
    "duplicate key": lambda text: text + "version: 2.0.0\n",
    "no UTF-8": lambda text: text.encode().replace(b"Switch", b"Sw\xfftch", 1),
    "UTF-16": lambda text: text.encode("utf-16"),
    "nothing": lambda _text: "",
    "control character": lambda text: text.replace("Switch", "Sw\x07itch", 1),
    "Python path": lambda text: text.replace("{kind: mqtt,", "{kind: function, name: os.system, x:", 1),
}


def test_each_document_is_loaded_or_named_and_the_rest_works(tmp_path: Path) -> None:
    chance = random.Random(7)
    spoilt = dict(zip(chance.sample(range(FILES - 1), SPOILT), list(FAULTS) * 4, strict=False))
    assert FILES - 1 not in spoilt  # whose name the duplicates take: they come before it
    for number in range(FILES):
        text = manifest(number)
        content = FAULTS[spoilt[number]](text) if number in spoilt else text
        path = tmp_path / f"device_{number:03}.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    registry = Registry()
    problems = registry.sync([tmp_path])

    right = [number for number in range(FILES) if number not in spoilt]
    assert len(right) == FILES - SPOILT
    for number in right:
        on, off = registry.get(f"device_{number}_on"), registry.get(f"device_{number}_off")
        assert on is not None
        assert off is not None
    assert len(registry.documents()) == 2 * len(right)
    assert len(registry.states()) == len(right)

    files = {path.name: path for path in manifest_paths([tmp_path])}
    for number, fault in spoilt.items():
        name = f"device_{number:03}.yaml"
        found = [problem for problem in problems if problem.file == str(files[name])]
        assert found, f"{fault} in {name} is not named"
        for problem in found:
            assert problem.line >= 1
            assert problem.hint, problem
            assert len(str(problem)) < 2000
        if fault not in ("UTF-16", "nothing"):  # in these no name can be read
            assert any(f"device_{number}_" in problem.message for problem in found), (fault, found)
    assert {problem.file for problem in problems} == {str(files[f"device_{number:03}.yaml"]) for number in spoilt}

    # Mended one by one, they come in; the others stay.
    first = min(spoilt)
    (tmp_path / f"device_{first:03}.yaml").write_text(manifest(first))
    registry.sync([tmp_path])
    assert registry.get(f"device_{first}_on") is not None
    assert len(registry.documents()) == 2 * len(right) + 2
    registry.close()

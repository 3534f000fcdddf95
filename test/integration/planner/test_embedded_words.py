"""What a whole system sends to a server of embeddings."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from scripted_model import Said, ScriptedModel

from taskmatrix_ros.app.profile.profile_models import ModelsSettings
from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep

MANIFEST = """
package: safes
version: 1.0.0
state:
  - {key: safe.word, type: string, sensitive: true, from: {kind: mqtt, topic: safe/word}}
apis:
  - name: safe_open
    description: Open the safe.
    parameters: {code: {type: string, sensitive: true, description: Its code.}}
    usage_examples: [{instruction: open it, code: 'safe_open(code="0000")'}]
    effect: hazardous
    binding: {kind: mqtt, topic: safe/open}
"""


def embedded(request: dict[str, Any]) -> Said:
    data = [{"object": "embedding", "index": at, "embedding": [1.0, 0.5]} for at, _ in enumerate(request["input"])]
    return Said(body=json.dumps({"object": "list", "model": "e", "data": data, "usage": {}}))


def test_secrets_of_a_person_and_of_the_state_stay_here(tmp_path: Path) -> None:
    async def main() -> list[str]:
        (tmp_path / "safes.yaml").write_text(MANIFEST, encoding="utf-8")
        async with asyncio.timeout(240), ScriptedModel(embedded) as server:
            model = {"base_url": server.url, "model": "e"}
            models = ModelsSettings.model_validate({"chat": model, "embeddings": model})
            system = System([tmp_path / "safes.yaml"], store_file=None, models=models)
            await system.open()
            try:
                system.state.set("safe.word", "swordfish", source="test")
                said = "the code is x7!q, open the safe with 4711 or swordfish"
                steps = (OutlineStep(id="1", text="type x7!q into the safe"),)
                outline = Outline(instruction=said, steps=steps, planner="test")
                found = await system.selector.select(Instruction(text=said), outline)
                assert [document.name for document in found] == ["safe_open"]
            finally:
                await system.close()
            return [text for request in server.requests for text in request["input"]]

    texts = asyncio.run(main())
    assert any("open the safe with" in text for text in texts)
    assert any(text.startswith("type SECRET_") for text in texts)
    for secret in ("x7!q", "4711", "swordfish"):
        assert not any(secret in text for text in texts), texts

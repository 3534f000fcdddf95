"""The models of a profile: what the guide shows loads, and what cannot work is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.models.model_settings import Budget, EmbeddingSettings, ModelSettings
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings

GUIDE = Path(__file__).parents[3] / "docs" / "models.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


def profile(folder: Path, models: str) -> str:
    file = folder / "home.yaml"
    file.write_text(f"manifests: [home.yaml]\n{models}")
    return str(file)


def test_the_guide_shows_a_hosted_model_and_three_local_servers() -> None:
    addresses = [yaml.safe_load(block)["models"]["chat"]["base_url"] for block in BLOCKS]
    assert len(addresses) == 4
    assert sum("127.0.0.1" in address for address in addresses) == 3


@pytest.mark.parametrize("block", BLOCKS)
def test_every_profile_of_the_guide_loads(block: str, tmp_path: Path) -> None:
    settings = load_settings(profile(tmp_path, block))
    assert settings.models is not None


def test_every_key_that_the_guide_names_is_one() -> None:
    known = {
        "planner": set(PlannerSettings.model_fields),
        "budget": set(Budget.model_fields),
        "chat": set(ModelSettings.model_fields),
        "embeddings": set(EmbeddingSettings.model_fields),
    }
    text = GUIDE.read_text("utf-8")
    named = re.findall(r"`(planner|budget|chat|embeddings)\.([a-z_]+)", text)
    assert named
    assert [f"{part}.{key}" for part, key in named if key not in known[part]] == []
    for key in ("temperature", "seed", "retries", "pictures", "picture_bytes", "structured", "step_by_step"):
        assert f"`{key}" in text
        assert any(key in keys for keys in known.values())


def test_a_profile_without_models_has_none(tmp_path: Path) -> None:
    assert load_settings(profile(tmp_path, "")).models is None


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("models: {chat: {base_url: x, model: m}}", "no http or https address"),
        ("models: {chat: {base_url: 'http://x/v1', model: m, api_key: sk-1}}", "models.chat.api_key: unknown key"),
        ("models: {chat: {base_url: 'http://x/v1', model: m, key_env: sk-1}}", "key_env is no name"),
        ("models: {chat: {base_url: 'http://x/v1'}}", "models.chat.model"),
        ("models: {chat: {base_url: 'http://x/v1', model: m}, planer: {}}", "planner"),
    ],
)
def test_what_cannot_work_is_named(models: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        load_settings(profile(tmp_path, models))
    assert "sk-1" not in raised.value.message

"""Settings of a model: where the key comes from, what is refused, what a task may use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from taskmatrix_ros.core.errors import ConfigError, PlanningError
from taskmatrix_ros.models.model_settings import Budget, ModelSettings, Prices
from taskmatrix_ros.models.spending import Spending


def settings(**changes: Any) -> ModelSettings:
    return ModelSettings.model_validate({"base_url": "http://127.0.0.1:1/v1", "model": "m", **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": "ftp://x"}, "no http"),
        ({"base_url": "http://user:pw@x/v1"}, "more than an address"),
        ({"base_url": "ftp://user:pw@x/v1"}, "more than an address"),
        ({"base_url": "user:pw@x/v1"}, "more than an address"),
        ({"base_url": "http://x/v1?key=1"}, "more than an address"),
        ({"key_env": "A", "key_file": "b"}, "keep one"),
        ({"budget": {"money": 1}}, "needs prices"),
        ({"api_key": "sk-1"}, "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(**changes)


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings().load_key() is None
    monkeypatch.setenv("PLANTED_KEY", "sk-env")
    assert settings(key_env="PLANTED_KEY").load_key() == "sk-env"
    file = tmp_path / "key"
    file.write_text("sk-file\nrest\n")
    assert settings(key_file=file).load_key() == "sk-file"
    monkeypatch.delenv("PLANTED_KEY")
    file.write_text("\n")
    for given in ({"key_env": "PLANTED_KEY"}, {"key_file": file}, {"key_file": tmp_path / "none"}):
        with pytest.raises(ConfigError, match="model 'm'"):
            settings(**given).load_key()


def test_a_request_beyond_the_budget_is_refused_before_it_is_made() -> None:
    spending = Spending("m", Budget(requests=2, tokens=1000))
    assert spending.allow(300, 500) == 500
    spending.add(300, 200)
    assert spending.allow(300, 500) == 200, "a reply may have what is left"
    with pytest.raises(PlanningError, match="2 of 2 requests") as refused:
        spending.allow(1, 100)
    assert refused.value.error_code == "BUDGET"
    with pytest.raises(PlanningError, match="990 of 1,000 tokens"):
        Spending("m", Budget(tokens=1000), input_tokens=990).allow(1, 100)


def test_money_is_counted_by_both_prices() -> None:
    spending = Spending("m", Budget(money=0.01), Prices(input_per_million=2, output_per_million=10))
    assert spending.allow(1000, 2000) == 800
    spending.add(1000, 500)
    assert spending.money == pytest.approx(0.007)
    with pytest.raises(PlanningError, match="in money"):
        spending.allow(1500, 100)

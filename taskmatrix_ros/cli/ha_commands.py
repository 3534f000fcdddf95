"""``taskmatrix ha snapshot``: a home as Home Assistant tells it, in the form that ``plan --home`` reads."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import command
from taskmatrix_ros.cli.up_command import ProfileOption, SetOption
from taskmatrix_ros.core.errors import CallUnavailable, ConfigError
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot
from taskmatrix_ros.registry.registry import Registry

ha = typer.Typer(help="Look at Home Assistant.", no_args_is_help=True)


@ha.callback()
def _group() -> None:
    """Look at Home Assistant."""


@ha.command("snapshot")
@command
def snapshot(
    *,
    profile: ProfileOption = "home.example",
    overrides: SetOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also what is not exposed.")] = False,
) -> ExitStatus:
    """Print the home as it is now, one JSON document: taskmatrix ha snapshot --profile my.yaml > home.json."""
    settings = load_settings(profile, overrides or ()).homeassistant
    if settings is None:
        raise ConfigError(f"profile '{profile}' has no `homeassistant:`; add url and token_file")
    home = run_until_signal(_snapshot(settings))
    if home is None:
        return ExitStatus.FAILED
    plain = home.model_dump(mode="json")
    if not every:
        plain["entities"] = [entity for entity in plain["entities"] if entity["exposed"]]
    sys.stdout.write(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    return ExitStatus.DONE


async def _snapshot(settings: HomeAssistantSettings) -> HomeSnapshot:
    binding = HomeAssistantBinding(settings, Registry(), StateStore())
    await binding.open()
    try:
        if problem := binding.peer_problem():
            raise CallUnavailable(problem)
        return binding.home.snapshot(utc_now())
    finally:
        await binding.close()

"""The peers of a profile: brokers, Home Assistant, model servers."""

from __future__ import annotations

import asyncio

import httpx2

from taskmatrix_ros.app.doctor.finding import CheckedPart, failed, unused, well
from taskmatrix_ros.app.processes.broker import find_broker
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.bindings.homeassistant.homeassistant_binding import HomeAssistantBinding
from taskmatrix_ros.bindings.mqtt.mqtt_binding import MqttBinding
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.models.model_settings import ModelSettings
from taskmatrix_ros.registry.registry import Registry

_HOME_ASSISTANT_S = 10.0
_MODEL_S = 10.0


async def check_brokers(settings: Settings) -> tuple[CheckedPart, ...]:
    """Connect to every broker as the node would, or see whether the one that ``up`` starts is installed."""
    if settings.mqtt is None:
        return (unused("broker", "the profile has no `mqtt:`"),)
    found: list[CheckedPart] = []
    for name, broker in settings.mqtt.brokers.items():
        part = f"broker {name}"
        if settings.processes.broker and name == "default":
            found.append(_own_broker(part))
            continue
        binding = MqttBinding({name: broker}, Registry(), StateStore())
        try:
            await binding.open()
            problem = binding.peer_problem(name)
        except ConfigError as error:
            problem = error.message
        finally:
            await binding.close()
        if problem is None:
            secured = "TLS" if broker.tls else "no TLS"
            found.append(well(part, f"{broker.address} answers, {secured}"))
        else:
            what, _, remedy = problem.rpartition("; ")
            found.append(failed(part, what or problem, remedy or "see the profile's mqtt.brokers"))
    return tuple(found)


def _own_broker(part: str) -> CheckedPart:
    try:
        return well(part, f"`up` starts {find_broker().value} on a free port")
    except ConfigError as error:
        what, _, remedy = error.message.partition("; ")
        return failed(part, what, remedy)


async def check_home_assistant(settings: Settings) -> CheckedPart:
    """Connect and log in."""
    part = "homeassistant"
    if settings.homeassistant is None:
        return unused(part, "the profile has no `homeassistant:`")
    binding = HomeAssistantBinding(settings.homeassistant, Registry(), StateStore())
    try:
        async with asyncio.timeout(_HOME_ASSISTANT_S):
            await binding.open()
        problem = binding.peer_problem()
    except ConfigError as error:
        problem = error.message
    except TimeoutError:
        problem = f"no answer within {_HOME_ASSISTANT_S:g} s; start it, or correct url"
    finally:
        await binding.close()
    if problem is None:
        return well(part, "it answers, and takes the token")
    what, _, remedy = problem.rpartition("; ")
    return failed(part, what or problem, remedy or "see the profile's homeassistant")


async def check_model(settings: Settings) -> CheckedPart:
    """Ask the model's server which models it has; that costs nothing."""
    if settings.models is None:
        return unused("model", "the profile names none: the offline grammar plans")
    chat = settings.models.chat
    try:
        key = chat.load_key()
    except ConfigError as error:
        what, _, remedy = error.message.rpartition("; ")
        return failed("model", what or error.message, remedy or "give the key")
    return await _ask_models(chat, key)


async def _ask_models(chat: ModelSettings, key: str | None) -> CheckedPart:
    place = chat.base_url.rstrip("/")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx2.AsyncClient(timeout=_MODEL_S) as client:
            reply = await client.get(f"{place}/models", headers=headers)
    except httpx2.HTTPError as error:
        said = f"{place} cannot be reached: {type(error).__name__}"
        return failed("model", said, "start the server, or correct models.chat.base_url")
    if reply.status_code in (401, 403):
        return failed("model", f"{place} refuses the key", "correct key_env or key_file")
    if reply.status_code >= 400:
        return failed("model", f"{place} answers {reply.status_code}", "correct models.chat.base_url")
    try:
        known = [str(one["id"]) for one in reply.json()["data"]]
    except (ValueError, KeyError, TypeError):
        return failed("model", f"{place} gives no list of models", "correct models.chat.base_url; it ends in /v1")
    if chat.model not in known:
        shown = ", ".join(known[:10]) or "none"
        return failed("model", f"{place} has no model {chat.model!r}", f"name one of {shown}")
    return well("model", f"{place} has {chat.model!r}")

"""What goes wrong at a model's server, in one line for a person."""

from __future__ import annotations

import re

from taskmatrix_ros.core.errors import ConfigError, ModelUnavailable, PlanningError, TaskMatrixError
from taskmatrix_ros.models.model_settings import ServerSettings

_SHOWN = 200
_STRUCTURE = re.compile(r"response_format|json_schema|json_object|structured|grammar|guided", re.IGNORECASE)
_PASSING = frozenset({408, 409, 429})


class CutStream(Exception):
    """A reply that came in parts ended before the model did; it may be asked for again."""


def planning_error(error: Exception, settings: ServerSettings, key: str) -> TaskMatrixError:
    """Translate an error of the ``openai`` library; retries are over when it comes here.

    :param key: taken out of what the server said.
    """
    import openai

    name = f"model '{settings.model}' at {settings.base_url}"
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return ModelUnavailable(f"{name}: no answer within {settings.timeout_s:g} s; try again, or raise timeout_s")
    if isinstance(error, openai.APIConnectionError):
        why = str(error.__cause__ or error)
        return ModelUnavailable(f"{name}: cannot be reached: {_plain(why, key)}; start it, or correct base_url")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, name, key)
    said = f"{name}: the server's answer cannot be read: {_plain(str(error), key)}; check base_url"
    return PlanningError(said, code="MODEL_REPLY")


def unstructured(error: ConfigError) -> bool:
    """Whether the server refused the way it was asked for JSON."""
    return bool(_STRUCTURE.search(error.message))


def _of_status(error: Exception, name: str, key: str) -> TaskMatrixError:
    import openai

    assert isinstance(error, openai.APIStatusError)
    status, why = error.status_code, _plain(_said(error), key)
    if status in (401, 403):
        return ConfigError(f"{name}: it does not take the key (HTTP {status}: {why}); correct key_env or key_file")
    if status == 404:
        return ConfigError(f"{name}: no such model or address (HTTP 404: {why}); correct model or base_url")
    if status in _PASSING or status >= 500:
        what = "too many requests" if status == 429 else "a fault of the server"
        return ModelUnavailable(f"{name}: {what} (HTTP {status}: {why}); try again later")
    if 300 <= status < 400:
        return ConfigError(f"{name}: it sends elsewhere (HTTP {status}), which is not followed; correct base_url")
    return ConfigError(f"{name}: it refuses the request (HTTP {status}: {why}); correct the model's settings")


def _said(error: Exception) -> str:
    """Give the server's own words, without the library's frame around them."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) and message else str(error)


def _plain(text: str, key: str) -> str:
    without_key = text.replace(key, "***") if key else text
    printable = "".join(letter if letter.isprintable() else " " for letter in without_key)
    return " ".join(printable.split())[:_SHOWN]

"""Reads OpenAPI descriptions from files and addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.bindings.http.http_binding import HttpBinding
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallUnavailable, ConfigError, ManifestError
from taskmatrix_ros.registry.yaml_reader import read_yaml

MAX_BYTES = 20_000_000
_WAIT_S = 30.0


async def read_openapi(source: str, settings: Settings) -> Any:
    """Read a description.

    :param source: a file, or an http or https address, which is reached as any document's would be.
    :returns: the parsed JSON or YAML.
    :raises ConfigError: the file cannot be read or is too long.
    :raises CallUnavailable: the address does not give it.
    :raises ManifestError: it is neither JSON nor YAML without anchors.
    """
    if source.startswith(("http://", "https://")):
        value = await _fetch(source, settings)
        return _parse(value, source) if isinstance(value, str) else value
    return _parse(_read(Path(source)), source)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is longer than {MAX_BYTES} bytes; import a part of it")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigError(f"{path} cannot be read: {problem}; name a file or an address") from error


async def _fetch(url: str, settings: Settings) -> Any:
    http = settings.http.model_copy(update={"max_bytes": MAX_BYTES})
    binding = HttpBinding(http, settings.secrets)
    document = ApiDocument.model_validate(
        {
            "name": "openapi",
            "description": "The description of a service.",
            "effect": "read",
            "binding": {"kind": "http", "url": url.replace("{", "%7B").replace("}", "%7D")},
        }
    )
    await binding.open()
    try:
        call = Call(run_id="", api="openapi", arguments={}, deadline_s=_WAIT_S)
        outcome = await binding.call(call, document, lambda _: None)
    finally:
        await binding.close()
    if outcome.error is not None:
        raise CallUnavailable(f"{outcome.error.message}; correct the address, or the profile's http settings")
    return outcome.value


def _parse(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass  # YAML then, of which JSON is a part: its reader says what is wrong where
    document = read_yaml(text, source)
    if document.problems:
        raise ManifestError(document.problems[:10])
    return document.value

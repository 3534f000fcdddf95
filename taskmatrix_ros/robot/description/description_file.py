"""Where the descriptions of robots and homes lie, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import share_folder

Model = TypeVar("Model", bound=BaseModel)


def description_file(kind: str, name: str) -> Path:
    """Path of ``config/<kind>/<name>.yaml``, in a checkout or in the installed share folder.

    :param kind: ``world`` or ``robot``.
    :param name: file name without ending, or a path to a file.
    :raises ConfigError: there is no such file.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if path.is_file():
            return path
        raise ConfigError(f"skill server: {kind} description {name} does not exist")
    folder = share_folder() / "config" / kind
    path = folder / f"{name}.yaml"
    if path.is_file():
        return path
    known = sorted(p.stem for p in folder.glob("*.yaml") if "." not in p.stem)
    raise ConfigError(f"skill server: there is no {kind} description '{name}'; known: {', '.join(known) or 'none'}")


def load_description(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into a model.

    :raises ConfigError: the file cannot be read, is not YAML, or does not fit; all findings in one line.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"skill server: {path} cannot be read: {error}") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        findings = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'the whole file'}: {e['msg']}" for e in error.errors()[:5]
        )
        raise ConfigError(f"skill server: {path} does not fit: {findings}") from error

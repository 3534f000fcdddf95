"""The documents of a profile for a command: to look at whatever runs, to change where nothing runs."""

from __future__ import annotations

import getpass
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from taskmatrix_ros.app.platform.document_objection import document_objection
from taskmatrix_ros.app.profile.settings import Settings, load_settings
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.store.database import Database

_COPIED_BYTES = 500_000_000


class NodeOwns(ConfigError):
    """A running node owns the store: ask it."""


def me() -> str:
    """Name who changes documents, for the history."""
    name = "somebody"
    with suppress(OSError, KeyError):
        name = getpass.getuser()
    return f"cli {name}"


@contextmanager
def looking(profile: str) -> Iterator[Registry]:
    """Give a profile's documents as its manifests and its store have them now, without disturbing a node.

    :raises ConfigError: the profile or its store cannot be read.
    """
    settings = load_settings(profile)
    database = _copy(settings)
    registry = _registry(settings, database)
    try:
        registry.sync(settings.manifest_files)
        yield registry
    finally:
        registry.close()
        if database is not None:
            database.close()


@contextmanager
def changing(profile: str) -> Iterator[Registry]:
    """Give a profile's documents to be changed; raises as ``owning`` does."""
    with owning(profile) as (registry, _):
        yield registry


@contextmanager
def owning(profile: str) -> Iterator[tuple[Registry, Database]]:
    """Give a profile's documents and its store, to be changed.

    :raises NodeOwns: a node runs, and is to be asked instead.
    :raises ConfigError: the profile or its store cannot be used.
    """
    settings = load_settings(profile)
    database = Database(settings.store_file)
    try:
        database.open()
    except ConfigError as error:
        if "is in use by process" in error.message:
            raise NodeOwns(error.message) from error
        raise
    try:
        registry = _registry(settings, database)
        registry.sync(settings.manifest_files)
        yield registry, database
    finally:
        database.close()


def _registry(settings: Settings, database: Database | None) -> Registry:
    ros = settings.ros
    return Registry(
        settings.apis.trust,
        database,
        objection=document_objection(
            own_namespaces=(ros.namespace,) if ros else ("/taskmatrix",),
            robot_namespace=ros.robot_namespace if ros else "",
            private_hosts=settings.http.private_hosts,
        ),
        conflicts=settings.apis.conflicts,
    )


def _copy(settings: Settings) -> Database | None:
    path = settings.store_file
    if not path.is_file():
        return None
    if path.stat().st_size > _COPIED_BYTES:
        raise ConfigError(f"store '{path}' is too large to be copied; ask the running node by its ROS services")
    try:
        return Database.copy_of(path)
    except sqlite3.Error as error:
        raise ConfigError(f"store '{path}' cannot be read: {error}; check the file") from error

"""A real Home Assistant, started and ended by us, with one user and a token: for tests and measurements."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from websockets.sync.client import connect

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import new_id

HOST = "127.0.0.1"
PROGRAM_VARIABLE = "TASKMATRIX_HASS"
"""Names the program ``hass``, where it is not the one that ``scripts/setup --with homeassistant`` made."""

_STEP_S = 0.05
_END_WITHIN_S = 120.0
"""It writes its areas and entities at its end: on a slow machine, too, it is killed only where it hangs."""


def find_hass() -> str | None:
    """Give the path of ``hass``, or None."""
    if given := os.environ.get(PROGRAM_VARIABLE):
        return shutil.which(given)
    made = Path(sys.prefix) / "homeassistant" / "bin" / "hass"
    return str(made) if made.exists() else shutil.which("hass")


class HomeAssistantServer:
    """Runs on a port of the loopback interface that it keeps over restarts; its data lies in one folder.

    It loads only what the given configuration names, beside its API.
    """

    def __init__(
        self,
        folder: Path,
        configuration: Mapping[str, Any],
        *,
        mqtt_port: int | None = None,
        start_within_s: float = 240.0,
    ) -> None:
        """:param configuration: what ``configuration.yaml`` holds beside the API's own integrations.

        :param mqtt_port: of a broker on this machine that it is to use; None for no MQTT.
        :param start_within_s: how long a start may take, in seconds.
        """
        self.folder = folder
        self.port = _free_port()
        self.token = ""
        self._configuration = dict(configuration)
        self._mqtt_port = mqtt_port
        self._start_within_s = start_within_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What it printed."""
        return self.folder / "output.log"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def open(self) -> float:
        """Start it and wait until it runs; the first time, its user is made.

        :returns: seconds until it served.
        :raises ConfigError: ``hass`` is not installed, it ended, or it was not ready in time.
        """
        self._write_files()
        began_s = time.monotonic()
        self.launch()
        self.wait_ready()
        return time.monotonic() - began_s

    def launch(self) -> None:
        """Start the process and return at once. :raises ConfigError: ``hass`` is not installed."""
        program = find_hass()
        if program is None:
            raise ConfigError(f"no hass here; run scripts/setup --with homeassistant, or name it in {PROGRAM_VARIABLE}")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program and folder
                (program, "-c", str(self.folder), "--skip-pip"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until it says that it runs. :raises ConfigError: it ended, or was not ready in time."""
        deadline_s = time.monotonic() + self._start_within_s
        while True:
            if self._process is None or self._process.poll() is not None:
                raise ConfigError(f"Home Assistant ended while it started; its log is {self.log_file}")
            if time.monotonic() > deadline_s:
                self.close()
                raise ConfigError(
                    f"Home Assistant was not ready within {self._start_within_s:g} s; its log is {self.log_file}"
                )
            with suppress(OSError):
                if not self.token:
                    self.token = self._make_user()
                if self.request("GET", "/api/config")["state"] == "RUNNING":
                    return
            time.sleep(_STEP_S)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for its end; ``open`` starts it again."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def close(self) -> None:
        """End it for good."""
        self.stop()

    # --- what a judge asks

    def request(self, method: str, path: str, data: Any = None) -> Any:
        """Ask its REST API. :raises OSError: it does not answer, or says no."""
        return _request(method, self.url + path, data, {"Authorization": f"Bearer {self.token}"})

    def state_of(self, entity_id: str) -> dict[str, Any]:
        """Give an entity's state and attributes, by its own word."""
        return dict(self.request("GET", f"/api/states/{entity_id}"))

    def command(self, kind: str, **fields: Any) -> Any:
        """Send one command over its WebSocket API. :raises ConfigError: it says no."""
        return self.commands([{"type": kind, **fields}])[0]

    def commands(self, messages: list[dict[str, Any]]) -> list[Any]:
        """Send several over one connection, one after the other; give their results."""
        results = []
        with connect(f"ws://{HOST}:{self.port}/api/websocket", max_size=None) as socket_:
            json.loads(socket_.recv())
            socket_.send(json.dumps({"type": "auth", "access_token": self.token}))
            json.loads(socket_.recv())
            for number, message in enumerate(messages, 1):
                socket_.send(json.dumps({"id": number, **message}))
                answer = json.loads(socket_.recv())
                if not answer.get("success"):
                    raise ConfigError(f"Home Assistant refused {message['type']}: {answer.get('error')}")
                results.append(answer.get("result"))
        return results

    # --- its first start

    def _write_files(self) -> None:
        storage = self.folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        base = {
            "http": {"server_host": HOST, "server_port": self.port},
            "api": None,
            "websocket_api": None,
            "config": None,
            "logger": {"default": "warning"},
        }
        text = yaml.safe_dump({**base, **self._configuration}, sort_keys=False, allow_unicode=True)
        (self.folder / "configuration.yaml").write_text(text, encoding="utf-8")
        entries = storage / "core.config_entries"
        if self._mqtt_port is not None and not entries.exists():
            entries.write_text(json.dumps(_mqtt_entry(self._mqtt_port)), encoding="utf-8")

    def _make_user(self) -> str:
        """Make the owner and a token that lasts."""
        client_id = self.url + "/"
        owner = {"name": "Owner", "username": "owner", "password": new_id(), "client_id": client_id, "language": "en"}
        code = _request("POST", self.url + "/api/onboarding/users", owner)["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        self.token = str(_request("POST", self.url + "/auth/token", form, form=True)["access_token"])
        return str(self.command("auth/long_lived_access_token", client_name="taskmatrix", lifespan=3650))


def _mqtt_entry(port: int) -> dict[str, Any]:
    entry = {
        "entry_id": "taskmatrixbroker",
        "version": 1,
        "minor_version": 1,
        "domain": "mqtt",
        "title": "broker",
        "data": {"broker": HOST, "port": port, "discovery": True, "discovery_prefix": "homeassistant"},
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }
    return {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}


def _request(
    method: str, url: str, data: Any = None, headers: Mapping[str, str] | None = None, *, form: bool = False
) -> Any:
    body = None
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    if data is not None:
        body = (urllib.parse.urlencode(data) if form else json.dumps(data)).encode()
    request = urllib.request.Request(  # noqa: S310 - always http on the loopback interface
        url, data=body, method=method, headers={"Content-Type": kind, **(headers or {})}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

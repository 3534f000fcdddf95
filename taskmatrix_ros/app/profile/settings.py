"""A profile: which manifests, which ROS namespaces and brokers, which processes ``up`` starts beside the node."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from taskmatrix_ros.app.profile.apis_settings import ApisSettings
from taskmatrix_ros.app.profile.presence_settings import PresenceSettings
from taskmatrix_ros.app.profile.profile_models import ModelsSettings
from taskmatrix_ros.app.profile.setting_errors import setting_error
from taskmatrix_ros.bindings.function.function_binding import FunctionSettings
from taskmatrix_ros.bindings.homeassistant.homeassistant_settings import HomeAssistantSettings
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.bindings.mcp.mcp_settings import McpSettings
from taskmatrix_ros.bindings.mqtt.mqtt_settings import BrokerSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.binding_spec import Name
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.resources import resource, share_folder
from taskmatrix_ros.executor.audit.audit_key import default_key_file
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.rules.home_place import HomePlace

Namespace = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z_][A-Za-z0-9_]*)*/?$")]


class RosSettings(Frozen):
    """How the node stands in the ROS graph. ``robot_namespace`` goes before the manifests' relative names."""

    namespace: Namespace = "/taskmatrix"
    robot_namespace: Namespace = ""
    sim_time: bool = False
    connect_s: float = Field(default=5.0, gt=0, le=60)


class MqttSettings(Frozen):
    """Brokers by the name that manifests give them; ``base_topic`` is where this node's own topics are."""

    brokers: dict[str, BrokerSettings]
    base_topic: str = Field(default="taskmatrix", pattern=r"^[^/+#\x00$][^+#\x00]*[^/+#\x00]$")
    events: bool = False
    """Whether what runs and rules do is published below ``<base_topic>/events``."""


class SimulatorSettings(Frozen):
    """The simulator: world, seed of the objects' places, speed as a multiple of real time.

    MuJoCo: ``record``, an MP4 file to which the world is filmed from start to end; ``view``, from where; ``grasp``,
    what keeps a thing in the hand: with ``friction`` it slips where ``grip_n`` newton per finger are too few. Gazebo:
    ``gui``, whether its window is shown; ``render_engine``, ``none`` for neither pictures nor scans. ``start``: false
    where somebody else starts it, as ``launch/gazebo.launch.py`` does.
    """

    kind: Literal["mujoco", "gazebo"] = "mujoco"
    world: str = "home"
    seed: int = Field(default=0, ge=0)
    speed: float = Field(default=1.0, gt=0, le=100)
    grasp: Literal["weld", "friction"] = "weld"
    grip_n: float | None = Field(default=None, gt=0, le=200)
    record: Path | None = None
    view: Literal["follow", "top"] = "follow"
    gui: bool = False
    render_engine: Literal["ogre2", "ogre", "none"] = "ogre2"
    start: bool = True

    @model_validator(mode="after")
    def _films_where_it_can(self) -> Self:
        if self.kind == "gazebo" and self.record is not None:
            raise ValueError("processes.simulator.record: only MuJoCo films; Gazebo's window has a recorder of its own")
        return self


class SkillsSettings(Frozen):
    """The skill server; ``world`` names its map in ``config/world``, ``robot`` its robot in ``config/robot``.

    ``perception``: ``tags`` in pictures, or ``poses`` that a simulator publishes, where no camera is rendered.
    ``initial_pose``: x_m, y_m and yaw_rad on the map; left out, the robot looks for wall tags. ``start``: false where
    somebody else starts it, as ``launch/robot.launch.py`` does.
    """

    world: str = "home"
    robot: str = "home_robot"
    perception: Literal["tags", "poses"] = "tags"
    initial_pose: tuple[float, float, float] | None = None
    start: bool = True


def world_overrides(world: str) -> tuple[str, ...]:
    """Overrides by which simulator and skills run in a world, as ``load_settings`` takes them.

    :param world: a name of ``sim/worlds``, or an SDF file with its map beside it, as ``sim generate`` writes it.
    """
    known = str(Path(world).with_suffix(".yaml")) if world.endswith(".sdf") else world
    named = (("simulator", world), ("skills", known))
    return tuple(f"processes.{process}.world={json.dumps(value)}" for process, value in named)


class ProcessesSettings(Frozen):
    """What ``up`` starts beside the node. A broker gets a free port of the loopback interface.

    ``outside_c``: how warm it is where the simulated devices are, in degrees Celsius.
    """

    broker: bool = False
    devices: bool = False
    outside_c: float | None = Field(default=None, ge=-60, le=60)
    simulator: SimulatorSettings | None = None
    skills: SkillsSettings | None = None


class ArtifactSettings(Frozen):
    """Where pictures are kept, below the state folder, and how much of them."""

    max_bytes: int = Field(default=200_000_000, ge=1_000_000)


class AuditSettings(Frozen):
    """Where the audit log's key lies: outside the state folder. Left out, see ``audit_key.default_key_file``."""

    key_file: Path | None = None


class Settings(Frozen):
    """A whole profile."""

    profile: str
    description: str = ""
    manifests: tuple[str, ...]
    state_folder: Path = Path()
    ros: RosSettings | None = None
    mqtt: MqttSettings | None = None
    homeassistant: HomeAssistantSettings | None = None
    presence: PresenceSettings | None = None
    http: HttpSettings = HttpSettings()
    functions: FunctionSettings = FunctionSettings()
    mcp: McpSettings | None = None
    apis: ApisSettings = ApisSettings()
    secrets: dict[Name, SecretSettings] = Field(default_factory=dict)
    processes: ProcessesSettings = ProcessesSettings()
    policy: Policy = Policy()
    audit: AuditSettings = AuditSettings()
    artifacts: ArtifactSettings = ArtifactSettings()
    models: ModelsSettings | None = None
    home: HomePlace = HomePlace()
    home_clock: Literal["wall", "virtual"] = "wall"
    """``virtual``: home time may be set to any moment, for demonstrations; never for a real home."""

    @model_validator(mode="after")
    def _processes_need_their_side(self) -> Self:
        if (self.processes.simulator or self.processes.skills) and self.ros is None:
            raise ValueError("a simulator or skills need `ros:`")
        simulator, skills = self.processes.simulator, self.processes.skills
        blind = simulator is not None and simulator.kind == "gazebo" and simulator.render_engine == "none"
        if blind and skills is not None and skills.perception != "poses":
            raise ValueError("processes.simulator.render_engine none draws no pictures: set skills.perception to poses")
        if (self.processes.broker or self.processes.devices) and self.mqtt is None:
            raise ValueError("a broker or devices need `mqtt:`")
        return self

    @model_validator(mode="after")
    def _presence_has_its_side(self) -> Self:
        if self.presence is None:
            return self
        if self.mqtt is None or self.presence.broker not in self.mqtt.brokers:
            raise ValueError(f"presence needs the broker {self.presence.broker!r} under `mqtt.brokers`")
        asked, base = self.presence.instructions, self.mqtt.base_topic
        if asked is not None and not asked.topic.startswith(f"{base}/"):
            raise ValueError(
                f"presence.instructions.topic must be below mqtt.base_topic: {base}/…; no API reaches it there"
            )
        if self.presence.events is not None and self.homeassistant is None:
            raise ValueError("presence.events needs `homeassistant:`, whose events they are")
        return self

    @model_validator(mode="after")
    def _watches_are_expressions(self) -> Self:
        for watch in self.policy.watches:
            try:
                expression = Expression.parse(watch.when)
            except ConfigError as error:
                raise ValueError(f"policy.watches {watch.name!r}: {error.message}") from error
            if not expression.reads_state or expression.arg_names or expression.uses_result:
                raise ValueError(f"policy.watches {watch.name!r}: `when` reads state and now; it watches no call")
        return self

    @property
    def artifact_folder(self) -> Path:
        """Where pictures are kept."""
        return self.state_folder / "artifacts"

    @property
    def audit_folder(self) -> Path:
        """Where the audit log is kept."""
        return self.state_folder / "audit"

    @property
    def audit_key_file(self) -> Path:
        """Where its key is kept."""
        return self.audit.key_file.expanduser() if self.audit.key_file else default_key_file()

    @property
    def store_file(self) -> Path:
        """The SQLite file of this profile."""
        return self.state_folder / "taskmatrix.sqlite"

    @property
    def manifest_files(self) -> tuple[Path, ...]:
        """The manifests' paths: what is no file is looked up in ``api_manifests``."""
        return tuple(
            Path(name) if "/" in name and Path(name).exists() else resource(f"api_manifests/{name}")
            for name in self.manifests
        )


def load_settings(profile: str, overrides: Sequence[str] = ()) -> Settings:
    """Read a profile.

    :param profile: a name in ``config/`` or the path of a YAML file.
    :param overrides: ``dotted.key=value`` each, the value in YAML: ``processes.simulator.speed=2``.
    :raises ConfigError: no such profile, or its content is wrong; names file and key.
    """
    path = _profile_file(profile)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"profile {path}: not YAML: {error}; correct the file") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"profile {path}: holds no settings; see config/demo.yaml for an example")
    raw.setdefault("profile", path.stem)
    for override in overrides:
        _apply(raw, override)
    raw.setdefault("state_folder", default_state_folder(str(raw["profile"])))
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise setting_error(f"profile {path}", error, Settings) from error


def default_state_folder(profile: str) -> Path:
    """Give the folder of the journal: ``TASKMATRIX_STATE_DIR`` or the XDG state folder, by profile."""
    if given := os.environ.get("TASKMATRIX_STATE_DIR"):
        return Path(given) / profile
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "taskmatrix" / profile


def _profile_file(profile: str) -> Path:
    if profile.endswith((".yaml", ".yml")):
        path = Path(profile)
        if not path.is_file():
            raise ConfigError(f"profile {path}: no such file")
        return path
    path = share_folder() / "config" / f"{profile}.yaml"
    if profile not in profile_names():
        known = ", ".join(profile_names())
        raise ConfigError(f"profile '{profile}' is unknown; there are {known}, or give the path of a YAML file")
    return path


def profile_names() -> list[str]:
    """Give the names of the shipped profiles."""
    files = sorted((share_folder() / "config").glob("*.yaml"))
    return [path.stem for path in files if path.name not in _NO_PROFILES]


_NO_PROFILES = ("gz_bridge.yaml",)
"""What lies beside the profiles and is none: other programs want it there."""


def _apply(raw: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key:
        raise ConfigError(f"setting '{override}' is not of the form key=value, as in ros.connect_s=5")
    *parents, last = key.split(".")
    target = raw
    for part in parents:
        if not isinstance(target.get(part), dict):
            target[part] = {}
        target = target[part]
    target[last] = yaml.safe_load(text)

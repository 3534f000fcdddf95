"""``taskmatrix sim record``, ``picture`` and ``view``: to see what goes on in a simulated world."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import command, errors, escape
from taskmatrix_ros.cli.ros_link import task_client
from taskmatrix_ros.cli.sim_commands import sim
from taskmatrix_ros.cli.up_command import ProfileOption, SetOption
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.main_loop import run_until_signal
from taskmatrix_ros.sim.mujoco.physics_only import physics_only
from taskmatrix_ros.sim.mujoco.process import main as simulate

_SERVICE, _SNAPSHOT = "std_srvs/srv/SetBool", "std_srvs/srv/Trigger"


@sim.command("record")
@command
def record(
    file: Annotated[Path, typer.Argument(help="The MP4 file to write.")],
    *,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long, in seconds; 0: until Ctrl-C.")] = 0.0,
    profile: ProfileOption = "demo",
    overrides: SetOption = None,
) -> ExitStatus:
    """Film the simulated world of a running profile. Ctrl-C ends the film, and it is whole."""
    _verify_writable(file, ".mp4")
    made: list[str] = []
    run_until_signal(_film(_robot_namespace(profile, overrides), seconds, made))
    if not made:
        return ExitStatus.FAILED
    if not Path(made[0]).is_file():
        raise ConfigError(f"sim record: the film lies on the simulator's machine as {made[0]}; fetch it from there")
    shutil.move(made[0], file)
    errors.print(f"film: {escape(str(file))}")
    return ExitStatus.DONE


@sim.command("picture")
@command
def picture(
    file: Annotated[Path, typer.Argument(help="The PNG file to write.")],
    *,
    profile: ProfileOption = "demo",
    overrides: SetOption = None,
) -> ExitStatus:
    """Draw the simulated world of a running profile from above, with the robot's path and the things."""
    _verify_writable(file, ".png")
    snapshot = run_until_signal(_look(_robot_namespace(profile, overrides)))
    if snapshot is None:
        return ExitStatus.FAILED
    with physics_only():
        from taskmatrix_ros.sim.pictures.top_view import draw_snapshot

        draw_snapshot(file, snapshot, f"{snapshot['world']}, {snapshot['time_s']:.0f} s")
    errors.print(f"top view: {escape(str(file))}")
    return ExitStatus.DONE


@sim.command("view")
@command
def view(
    *,
    world: Annotated[str, typer.Option(help="A world of sim/worlds, or an SDF file.")] = "home",
    seed: Annotated[int, typer.Option(min=0, help="Moves the things about.")] = 0,
    namespace: Annotated[str, typer.Option(help="ROS namespace of the robot's topics.")] = "",
) -> ExitStatus:
    """Simulate a world in a window. Needs a screen; `sim record` and `sim picture` need none."""
    return ExitStatus(simulate(("--world", world, "--seed", str(seed), "--namespace", namespace, "--viewer")))


def _verify_writable(file: Path, ending: str) -> None:
    if file.suffix.lower() != ending:
        raise ConfigError(f"sim: '{file}' does not end in {ending}; name such a file")
    if not os.access(file.absolute().parent, os.W_OK):
        raise ConfigError(f"sim: {file} cannot be written; name a file in a folder that is there")


def _robot_namespace(profile: str, overrides: list[str] | None) -> str:
    ros = load_settings(profile, overrides or ()).ros
    if ros is None:
        raise ConfigError(f"sim: the profile '{profile}' has no `ros:`, so it has no simulator; name another one")
    return ros.robot_namespace


async def _film(namespace: str, seconds: float, made: list[str]) -> None:
    """Film for so long, or until this is cancelled. :param made: gets the file that the simulator tells."""
    async with task_client(namespace) as client:
        await _set_filming(client, True)
        errors.print(f"recording; {f'{seconds:g} s, or until Ctrl-C' if seconds else 'Ctrl-C ends it'}")
        try:
            await (asyncio.sleep(seconds) if seconds else asyncio.Event().wait())
        finally:
            made.append(await _set_filming(client, False))


async def _set_filming(client: Any, on: bool) -> str:
    answer = await client.request(_SERVICE, "sim/record", repeatable=False, timeout_s=30.0, data=on)
    if not answer.success:
        raise ConfigError(answer.message)
    return str(answer.message)


async def _look(namespace: str) -> dict[str, Any]:
    async with task_client(namespace) as client:
        answer: Any = await client.request(_SNAPSHOT, "sim/snapshot", timeout_s=30.0)
    return dict(json.loads(answer.message))

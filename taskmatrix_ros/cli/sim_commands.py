"""``taskmatrix sim``: homes for the embedded simulator, and for Gazebo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskmatrix_ros.app.home.generated_home import generate_home
from taskmatrix_ros.cli.exit_status import ExitStatus
from taskmatrix_ros.cli.output import JsonOption, command, console, escape, print_json
from taskmatrix_ros.core.errors import ConfigError

sim = typer.Typer(help="Make homes to simulate, and watch them.", no_args_is_help=True)


@sim.command("generate")
@command
def generate(
    *,
    rooms: Annotated[int, typer.Option(help="How many rooms, 1 to 12.")] = 3,
    objects: Annotated[int, typer.Option(help="How many things to carry, 1 to 40.")] = 8,
    seed: Annotated[int, typer.Option(help="The same numbers and seed draw the same home.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("generated"),
    as_json: JsonOption = False,
) -> ExitStatus:
    """Draw a home by chance: an SDF world, the robot's map of it, where a seed may put the things, and a picture."""
    try:
        home = generate_home(rooms, objects, seed, out)
    except ModuleNotFoundError as error:
        raise ConfigError(f"sim generate needs {error.name}; run scripts/setup") from error
    plain = {
        "name": home.name,
        "world": str(home.world),
        "map": str(home.map),
        "placement": str(home.placement),
        "picture": str(home.picture),
        "rooms": list(home.rooms),
        "surfaces": list(home.surfaces),
    }
    if as_json:
        print_json(plain)
        return ExitStatus.DONE
    console.print(f"[bold]{escape(home.name)}[/]: {', '.join(home.rooms)}; things stand on {', '.join(home.surfaces)}")
    for line in (
        f"picture     {home.picture}",
        f"everything  taskmatrix up --world {home.world}",
        f"simulator   python -m taskmatrix_ros.sim.mujoco.process --world {home.world} --seed 1",
        f"skills      python -m taskmatrix_ros.robot.process --world {home.map}",
    ):
        console.print(f"  {escape(line)}", soft_wrap=True)  # to be copied
    return ExitStatus.DONE

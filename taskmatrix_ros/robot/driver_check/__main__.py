"""``python -m taskmatrix_ros.robot.driver_check``: holds a robot's driver against the contract."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence

from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.robot.driver_check.own_node import check_robot


def parser() -> argparse.ArgumentParser:
    """Command line of the program."""
    result = argparse.ArgumentParser(
        prog="taskmatrix-driver-check",
        description="Hold a robot's driver against the contract. The robot turns on the spot and drives 30 cm to and "
        "fro: give it a metre of free floor, and let nothing else command it.",
    )
    result.add_argument("--namespace", default="", help="ROS namespace of the robot's topics")
    result.add_argument("--robot", default="home_robot", help="name in config/robot, or a YAML file")
    result.add_argument(
        "--world", default="", help="name in config/world, or a YAML file: its wall tags judge the camera"
    )
    result.add_argument("--sim-time", action="store_true", help="ROS time comes from /clock")
    result.add_argument("--json", action="store_true", help="print one JSON document")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Check one driver.

    :returns: 0 if there is nothing to say, 1 if something was found, 2 for wrong arguments or descriptions.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    options = parser().parse_args(argv)
    try:
        return _check(options)
    except TaskMatrixError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2


def _check(options: argparse.Namespace) -> int:
    faults = check_robot(
        options.namespace,
        options.robot,
        options.world,
        sim_time=options.sim_time,
        announce=lambda line: sys.stderr.write(f"{line} ...\n"),
    )
    grave = [fault for fault in faults if fault.is_grave]
    if options.json:
        plain = [{"code": fault.code.value, "said": fault.said, "remedy": fault.remedy} for fault in faults]
        sys.stdout.write(json.dumps({"succeeded": not grave, "faults": plain}) + "\n")
    else:
        sys.stdout.writelines(f"{fault}\n" for fault in faults)
        good = "the driver keeps the contract" + (" in what was judged" if faults else "")
        sys.stdout.write("" if grave else good + "\n")
    return 1 if grave else 0


if __name__ == "__main__":
    sys.exit(main())

"""Known objects in a picture, by their tags."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.object_observer import ObjectObserver
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.tag_detector import TagDetector
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription

DEFAULT_ROBOT = "home_robot"


class TagRecogniser:
    """Finds what the robot's map knows. Not for several threads at once."""

    def __init__(self, world: WorldDescription, robot: RobotDescription) -> None:
        self._detector = TagDetector(world.tag_sizes_m)
        self._observer = ObjectObserver(world.catalogue, robot.camera.base_from_camera())

    @staticmethod
    def of_world(world: str, robot: str = DEFAULT_ROBOT) -> TagRecogniser:
        """Make one from descriptions of ``config/``.

        :raises ConfigError: there is no such description, or it does not fit.
        """
        return TagRecogniser(WorldDescription.load(world), RobotDescription.load(robot))

    def observe(self, frame: CameraFrame) -> Sequence[ObjectObservation]:
        """Give what is seen, nearest first."""
        return self._observer.observe(self._detector.detect(frame))

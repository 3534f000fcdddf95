"""Standing still and looking."""

from __future__ import annotations

from dataclasses import dataclass

from taskmatrix_ros.perception.object_observer import ObjectObserver
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.tag_detector import TagDetector
from taskmatrix_ros.robot.base_motion import BaseMotion
from taskmatrix_ros.robot.hand import Hand
from taskmatrix_ros.robot.localization import Localization
from taskmatrix_ros.robot.object_memory import ObjectMemory
from taskmatrix_ros.robot.robot_driver import RobotDriver
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skill_settings import LookSettings


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one look showed: the newest sighting of each object, base_link, and how many pictures it took."""

    objects: dict[str, ObjectObservation]
    pictures: int


class Looker:
    """Takes sharp pictures and lets localisation and memory learn from them."""

    def __init__(
        self,
        driver: RobotDriver,
        motion: BaseMotion,
        hand: Hand,
        detector: TagDetector,
        observer: ObjectObserver,
        localization: Localization,
        memory: ObjectMemory,
        settings: LookSettings,
    ) -> None:
        self._driver = driver
        self._motion = motion
        self._hand = hand
        self._detector = detector
        self._observer = observer
        self._localization = localization
        self._memory = memory
        self._settings = settings

    def look(self, run: SkillRun, pictures: int | None = None) -> View:
        """Stand, then take pictures that were begun after the robot stood.

        :param pictures: how many; by default as the settings say.
        :raises SkillError: NO_CAMERA if no picture comes, or what comes is none.
        """
        with self._driver.camera.watched():
            self._motion.stand(run)
            stamp_s = run.now_s + self._settings.settle_s
            seen: dict[str, ObjectObservation] = {}
            count = pictures or self._settings.pictures
            for _ in range(count):
                stamp_s = self._look_once(run, stamp_s, seen)
        return View(seen, count)

    def _look_once(self, run: SkillRun, after_s: float, seen: dict[str, ObjectObservation]) -> float:
        try:
            frame = self._driver.camera.after(after_s, run.check, self._settings.camera_timeout_wall_s)
        except ValueError as error:
            raise SkillError(SkillErrorCode.NO_CAMERA, f"the camera sends no usable picture: {error}") from error
        if frame is None:
            raise SkillError(
                SkillErrorCode.NO_CAMERA,
                f"no picture came on camera/image within {self._settings.camera_timeout_wall_s:.0f} s of wall time; "
                "see whether the camera's driver runs and publishes camera/camera_info too",
            )
        tags = self._detector.detect(frame)
        self._localization.on_tags(frame.stamp_s, tags, frame.camera)
        robot = self._localization.estimate(frame.stamp_s)
        for observation in self._observer.observe(tags):
            held = self._hand.held
            if held is not None and held.thing.name == observation.name:
                continue
            seen[observation.name] = observation
            if robot is not None:
                self._memory.see(observation, robot)
        return frame.stamp_s

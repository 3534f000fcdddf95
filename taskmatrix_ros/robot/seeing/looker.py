"""Standing still and looking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import cv2
import numpy as np

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.object_catalogue import spoken_name
from taskmatrix_ros.perception.object_observer import ObjectObserver
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.shape_observer import ShapeObserver
from taskmatrix_ros.perception.tag_detector import TagDetector
from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.body.hand import Hand
from taskmatrix_ros.robot.description.world_description import Surface
from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
from taskmatrix_ros.robot.localization.localization import Estimate, Localization
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory
from taskmatrix_ros.robot.seeing.strangers import Measured, Sought, Strangers
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skill_settings import LookSettings


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one look showed: the newest sighting of each object, base_link, and how many pictures it took.

    :param measured: whether distances came with them; without, only tags are recognised.
    """

    objects: dict[str, ObjectObservation]
    pictures: int
    measured: bool = True


class Looker:
    """Takes sharp pictures and lets localisation and memory learn from them."""

    def __init__(
        self,
        driver: RobotDriver,
        motion: BaseMotion,
        hand: Hand,
        detector: TagDetector,
        observer: ObjectObserver,
        shapes: ShapeObserver,
        strangers: Strangers,
        surfaces: Sequence[Surface],
        localization: Localization,
        memory: ObjectMemory,
        settings: LookSettings,
    ) -> None:
        self._driver = driver
        self._motion = motion
        self._hand = hand
        self._detector = detector
        self._observer = observer
        self._shapes = shapes
        self._strangers = strangers
        self._surfaces = surfaces
        self._localization = localization
        self._memory = memory
        self._settings = settings

    def look(self, run: SkillRun, pictures: int | None = None, *, sought: Sought | None = None) -> View:
        """Stand, then take pictures that were begun after the robot stood.

        :param pictures: how many; by default as the settings say.
        :param sought: something that is on no list, to be pointed at in each picture.
        :raises SkillError: NO_CAMERA if no picture comes, or what comes is none.
        """
        measuring = self._shapes.knows_any or sought is not None or self._strangers.any_about
        with self._driver.camera.watched(), self._driver.depth.watched() if measuring else nullcontext():
            self._motion.stand(run)
            stamp_s = run.now_s + self._settings.settle_s
            seen: dict[str, ObjectObservation] = {}
            count = pictures or self._settings.pictures
            for _ in range(count):
                frame = self._picture(run, stamp_s)
                self._recognise_tags(frame, seen)
                # A depth camera that was silent once is not waited for again at every picture.
                measuring = measuring and self._recognise_bodies(run, frame, stamp_s, seen, sought)
                stamp_s = frame.stamp_s
        return View(seen, count, measuring)

    def _picture(self, run: SkillRun, after_s: float) -> CameraFrame:
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
        return frame

    def _recognise_tags(self, frame: CameraFrame, seen: dict[str, ObjectObservation]) -> None:
        tags = self._detector.detect(frame)
        self._localization.on_tags(frame.stamp_s, tags, frame.camera)
        robot = self._localization.estimate(frame.stamp_s)
        if robot is not None:
            self._memory.looked(frame.stamp_s, robot.pose)
        self._take_in(self._observer.observe(tags), robot, seen)

    def _recognise_bodies(
        self,
        run: SkillRun,
        frame: CameraFrame,
        after_s: float,
        seen: dict[str, ObjectObservation],
        sought: Sought | None,
    ) -> bool:
        """Look for what is known by colour and shape, or was pointed at; gives whether distances came."""
        robot = self._localization.estimate(frame.stamp_s)
        try:
            depth_m = self._driver.depth.distances_after(after_s, run.check, self._settings.camera_timeout_wall_s)
        except ValueError as error:
            raise SkillError(SkillErrorCode.NO_CAMERA, f"the depth camera sends nothing usable: {error}") from error
        if depth_m is None:
            return False
        if robot is None:
            return True
        if depth_m.shape != frame.image.shape[:2]:
            size = (frame.camera.width_px, frame.camera.height_px)
            depth_m = np.asarray(cv2.resize(depth_m, size, interpolation=cv2.INTER_NEAREST), np.float32)
        tops = [surface.support_from(robot.pose) for surface in self._surfaces]
        scene = Measured(frame, depth_m, robot.pose, tops)
        fresh = self._shapes.observe(frame, depth_m, tops) + self._strangers.look_again(scene)
        if sought is not None:
            fresh = [one for one in fresh if one.name != spoken_name(sought.name)]
            pointed_at = self._strangers.look_for(sought, scene)
            fresh += [pointed_at] if pointed_at is not None else []
        self._take_in([one for one in fresh if one.name not in seen], robot, seen)
        return True

    def _take_in(
        self, observations: Iterable[ObjectObservation], robot: Estimate | None, seen: dict[str, ObjectObservation]
    ) -> None:
        for observation in observations:
            held = self._hand.held
            if held is not None and held.thing.name == observation.name:
                continue
            seen[observation.name] = observation
            if robot is not None:
                self._memory.see(observation, robot)

"""How the skills use a robot, from ``config/robot/<name>.skills.yaml``; every number is required there, none hidden."""

from __future__ import annotations

from pydantic import Field, model_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.robot.description.description_file import description_file, load_description
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.geometry.path_follower import FollowLimits
from taskmatrix_ros.robot.localization.pose_filter import MotionNoise
from taskmatrix_ros.robot.localization.scan_match import ScanNoise


class DriveSettings(Frozen):
    """Following paths."""

    max_linear_m_s: float = Field(gt=0)
    max_angular_rad_s: float = Field(gt=0)
    linear_acceleration_m_s2: float = Field(gt=0)
    angular_acceleration_rad_s2: float = Field(gt=0)
    lookahead_m: float = Field(gt=0)
    turn_in_place_rad: float = Field(gt=0)
    arrive_m: float = Field(gt=0)
    arrive_rad: float = Field(gt=0)
    reaction_s: float = Field(gt=0)
    period_s: float = Field(gt=0)
    path_margin_m: float = Field(ge=0)
    comfort_m: float = Field(gt=0)
    turn_margin_m: float = Field(ge=0)
    obstacle_margin_m: float = Field(ge=0)
    blocked_after_s: float = Field(gt=0)
    deaf_after_s: float = Field(gt=0)
    replans: int = Field(ge=0)
    back_off_m: float = Field(gt=0)
    back_off_m_s: float = Field(gt=0)
    arrival_distance_m: float = Field(gt=0)
    arrival_angle_rad: float = Field(gt=0)

    @property
    def limits(self) -> FollowLimits:
        """The same for the path follower."""
        return FollowLimits(
            max_linear_m_s=self.max_linear_m_s,
            max_angular_rad_s=self.max_angular_rad_s,
            linear_acceleration_m_s2=self.linear_acceleration_m_s2,
            angular_acceleration_rad_s2=self.angular_acceleration_rad_s2,
            lookahead_m=self.lookahead_m,
            turn_in_place_rad=self.turn_in_place_rad,
            arrive_m=self.arrive_m,
            arrive_rad=self.arrive_rad,
            reaction_s=self.reaction_s,
        )


class LookSettings(Frozen):
    """Taking pictures and searching."""

    settle_s: float = Field(ge=0)
    pictures: int = Field(gt=0)
    close_pictures: int = Field(gt=0)
    camera_timeout_wall_s: float = Field(gt=0)
    range_m: float = Field(gt=0)
    near_m: float = Field(gt=0)
    sure_m: float = Field(gt=0)
    fresh_s: float = Field(ge=0)
    half_life_s: float = Field(gt=0)
    edge_rad: float = Field(ge=0)
    view_step_m: float = Field(gt=0)
    max_views: int = Field(gt=0)
    glance_rad: float = Field(gt=0)
    glances: int = Field(gt=0)


class ApproachSettings(Frozen):
    """The last half metre."""

    min_stand_off_m: float = Field(gt=0)
    stand_off_m: float = Field(gt=0)
    max_stand_off_m: float = Field(gt=0)
    speed_m_s: float = Field(gt=0)
    turn_rad_s: float = Field(gt=0)
    acceleration_m_s2: float = Field(gt=0)
    stalled_s: float = Field(gt=0)
    miss_m: float = Field(gt=0)
    arrive_m: float = Field(gt=0)
    arrive_rad: float = Field(gt=0)
    last_look_m: float = Field(gt=0)
    face_rad: float = Field(gt=0)
    last_face_rad: float = Field(gt=0)
    furniture_margin_m: float = Field(ge=0)
    finger_margin_m: float = Field(ge=0)


class GraspSettings(Frozen):
    """Closing the fingers, and being sure of it."""

    reach_m: float = Field(gt=0)
    close_timeout_s: float = Field(gt=0)
    settle_s: float = Field(ge=0)
    held_gap_ratio: tuple[float, float]
    lift_m: float = Field(gt=0)
    retries: int = Field(ge=0)
    retreat_m: float = Field(gt=0)
    retreat_m_s: float = Field(gt=0)


class PlaceSettings(Frozen):
    """Putting things down."""

    over_m: float = Field(gt=0)
    drop_m: float = Field(ge=0)
    edge_m: float = Field(ge=0)
    gap_m: float = Field(ge=0)
    reach_m: float = Field(gt=0)


class CarrySettings(Frozen):
    """The hand while driving: height of the grasp over the floor, and what it takes up above and below."""

    height_m: float = Field(gt=0)
    hand_half_height_m: float = Field(gt=0)


class LocalizationSettings(Frozen):
    """Believing wheels and scans."""

    lost_error_m: float = Field(gt=0)
    start_error_m: float = Field(gt=0)
    start_error_rad: float = Field(gt=0)
    odometry_per_metre: float = Field(gt=0)
    odometry_angle_per_metre_rad: float = Field(gt=0)
    odometry_angle_per_rad: float = Field(gt=0)
    scan_sigma_m: float = Field(gt=0)

    @property
    def motion(self) -> MotionNoise:
        """The same for the filter."""
        return MotionNoise(
            per_metre=self.odometry_per_metre,
            angle_per_metre_rad=self.odometry_angle_per_metre_rad,
            angle_per_rad=self.odometry_angle_per_rad,
        )

    @property
    def scan(self) -> ScanNoise:
        """The same for the filter."""
        return ScanNoise(sigma_m=self.scan_sigma_m)


class StateSettings(Frozen):
    """What ``robot/state`` calls near."""

    rate_hz: float = Field(gt=0)
    near_m: float = Field(gt=0)
    near_rad: float = Field(gt=0)


class WatchSettings(Frozen):
    """Patience with those the robot depends on, wall seconds."""

    alive_timeout_wall_s: float = Field(gt=0)
    clock_timeout_wall_s: float = Field(gt=0)
    driver_timeout_wall_s: float = Field(gt=0)
    deadline_wall_factor: float = Field(ge=1)
    command_timeout_wall_s: float = Field(gt=0)


class DeadlineSettings(Frozen):
    """How long each skill may take where its goal does not say, ROS seconds."""

    find_s: float = Field(gt=0)
    go_to_s: float = Field(gt=0)
    pick_up_s: float = Field(gt=0)
    put_down_s: float = Field(gt=0)


class SuspendSettings(Frozen):
    """What makes the robot wait; left out of the file, nothing does: a simulated robot hands things to people.

    :param person_near: wait while ``person_near`` is true, or silent for ``silent_wall_s``.
    :param bumper_wall_s: wait while the bumper has been pressed for longer; None never does.
    :param battery_ratio: wait while the battery holds no more; 0 never does.
    :param resume_wall_s: so long after it has passed.
    :param patience_s: ROS seconds after which the skill ends with STOPPED.
    """

    person_near: bool = False
    bumper_wall_s: float | None = Field(default=None, gt=0)
    battery_ratio: float = Field(default=0.0, ge=0, lt=1)
    silent_wall_s: float = Field(default=2.0, gt=0)
    resume_wall_s: float = Field(default=1.0, ge=0)
    patience_s: float = Field(default=30.0, gt=0)


class SkillSettings(Frozen):
    """All of it."""

    drive: DriveSettings
    look: LookSettings
    approach: ApproachSettings
    grasp: GraspSettings
    place: PlaceSettings
    carry: CarrySettings
    localization: LocalizationSettings
    state: StateSettings
    watch: WatchSettings
    deadlines: DeadlineSettings
    suspend: SuspendSettings = SuspendSettings()

    @model_validator(mode="after")
    def _check(self) -> SkillSettings:
        approach = self.approach
        if not approach.min_stand_off_m <= approach.stand_off_m <= approach.max_stand_off_m:
            raise ValueError("approach: min_stand_off_m, stand_off_m and max_stand_off_m must be in ascending order")
        return self

    @classmethod
    def load(cls, robot: RobotDescription, name: str) -> SkillSettings:
        """Read ``config/robot/<name>.skills.yaml``, or what lies beside a robot that is given by its file.

        :raises ConfigError: it is missing or wrong, or asks for more than the robot can do.
        """
        settings = load_description(description_file("robot", _skills_name(name)), cls)
        settings.check_within(robot)
        return settings

    def check_within(self, robot: RobotDescription) -> None:
        """Check the speeds against what the robot was built for.

        :raises ConfigError: one is greater.
        """
        pairs = (
            ("drive.max_linear_m_s", self.drive.max_linear_m_s, robot.base.max_linear_m_s),
            ("drive.max_angular_rad_s", self.drive.max_angular_rad_s, robot.base.max_angular_rad_s),
            (
                "drive.linear_acceleration_m_s2",
                self.drive.linear_acceleration_m_s2,
                robot.base.max_linear_acceleration_m_s2,
            ),
            (
                "drive.angular_acceleration_rad_s2",
                self.drive.angular_acceleration_rad_s2,
                robot.base.max_angular_acceleration_rad_s2,
            ),
            ("approach.speed_m_s", self.approach.speed_m_s, robot.base.max_linear_m_s),
            ("grasp.retreat_m_s", self.grasp.retreat_m_s, robot.base.max_linear_m_s),
            ("drive.back_off_m_s", self.drive.back_off_m_s, robot.base.max_linear_m_s),
        )
        for name, value, limit in pairs:
            if value > limit:
                raise ConfigError(f"skill settings: {name} {value} is more than the {limit} that '{robot.name}' allows")


def _skills_name(robot: str) -> str:
    """``mine.yaml`` has ``mine.skills.yaml`` beside it."""
    stem, dot, ending = robot.rpartition(".")
    return f"{stem}.skills.{ending}" if dot and ending in ("yaml", "yml") else f"{robot}.skills"

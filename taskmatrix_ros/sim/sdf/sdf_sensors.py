"""Cameras and scanners of an SDF link."""

from __future__ import annotations

import math

from taskmatrix_ros.sim.sdf.sdf_types import CameraSensor, LidarSensor
from taskmatrix_ros.sim.sdf.sdf_values import parse_pose
from taskmatrix_ros.sim.sdf.sdf_xml import SdfElement

CAMERA_TYPES = ("camera", "depth_camera", "rgbd_camera")
LIDAR_TYPES = ("lidar", "gpu_lidar")
UNREAD_TYPES = ("contact",)
"""What MuJoCo tells of every body without being asked."""


def parse_sensors(link: SdfElement) -> tuple[tuple[CameraSensor, ...], tuple[LidarSensor, ...]]:
    """Read a link's sensors.

    :raises SdfError: one is of another type, or asks for what is not simulated.
    """
    cameras, lidars = [], []
    for sensor in link.all("sensor"):
        kind = sensor.attribute("type")
        if kind in CAMERA_TYPES:
            cameras.append(_camera(sensor))
        elif kind in LIDAR_TYPES:
            lidars.append(_lidar(sensor))
        elif kind not in UNREAD_TYPES:
            allowed = ", ".join(CAMERA_TYPES + LIDAR_TYPES + UNREAD_TYPES)
            raise sensor.error(f"sensor type '{kind}' is not supported; allowed: {allowed}")
    return tuple(cameras), tuple(lidars)


def _camera(element: SdfElement) -> CameraSensor:
    element.allow("pose", "update_rate", "topic", "camera", "always_on", "visualize")
    camera = element.need("camera")
    camera.allow("horizontal_fov", "image", "clip", "optical_frame_id")
    image, clip = camera.need("image"), camera.find("clip")
    image.allow("width", "height", "format")
    if image.string("format", "R8G8B8") != "R8G8B8":
        raise image.need("format").error(f"<format> is '{image.string('format')}'; allowed: R8G8B8")
    if not 0 < camera.number("horizontal_fov") < math.pi:
        raise camera.need("horizontal_fov").error("<horizontal_fov> must be between 0 and pi")
    if clip is not None and clip.positive("near") >= clip.positive("far"):
        raise clip.error("<near> must be below <far>")
    return CameraSensor(
        name=element.attribute("name"),
        pose=parse_pose(element),
        topic=element.string("topic"),
        frame_id=camera.string("optical_frame_id"),
        rate_hz=element.positive("update_rate"),
        width_px=int(image.positive("width")),
        height_px=int(image.positive("height")),
        horizontal_fov_rad=camera.number("horizontal_fov"),
        near_m=clip.number("near") if clip else 0.05,
        far_m=clip.number("far") if clip else 20.0,
    )


def _lidar(element: SdfElement) -> LidarSensor:
    element.allow("pose", "update_rate", "topic", "lidar", "gz_frame_id", "always_on", "visualize")
    lidar = element.need("lidar")
    lidar.allow("scan", "range")
    scan = lidar.need("scan")
    scan.allow("horizontal", "vertical")
    if scan.find("vertical") is not None and scan.need("vertical").number("samples", 1) != 1:
        raise scan.need("vertical").error("a scanner with several layers is not supported; allowed: one")
    horizontal, ranges = scan.need("horizontal"), lidar.need("range")
    horizontal.allow("samples", "resolution", "min_angle", "max_angle")
    ranges.allow("min", "max", "resolution")
    if horizontal.number("resolution", 1.0) != 1.0:
        raise horizontal.need("resolution").error("<resolution> of a scan is not supported; allowed: 1")
    if horizontal.number("min_angle") >= horizontal.number("max_angle"):
        raise horizontal.error("<min_angle> must be below <max_angle>")
    if ranges.positive("min") >= ranges.positive("max"):
        raise ranges.error("<min> must be below <max>")
    return LidarSensor(
        name=element.attribute("name"),
        pose=parse_pose(element),
        topic=element.string("topic"),
        frame_id=element.string("gz_frame_id"),
        rate_hz=element.positive("update_rate"),
        samples=int(horizontal.positive("samples")),
        angle_min_rad=horizontal.number("min_angle"),
        angle_max_rad=horizontal.number("max_angle"),
        range_min_m=ranges.number("min"),
        range_max_m=ranges.number("max"),
    )

"""Functions that documents may name and that need more of a profile than their arguments: the picture APIs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.app.profile.picture_seer import PictureSeer
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.models.image_client import ImageClient

if TYPE_CHECKING:
    from taskmatrix_ros.ros.node_thread import NodeThread

PICTURES_MANIFEST = "pictures.yaml"


def own_functions(settings: Settings, thread: NodeThread | None = None) -> dict[str, Callable[..., Awaitable[Any]]]:
    """Make them, without I/O; none for a profile that does not list the manifest of pictures.

    :param thread: the node whose camera is looked through; None: there is no camera.
    """
    if PICTURES_MANIFEST not in settings.manifests:
        return {}
    from taskmatrix_ros.perception.pictures.artifact_store import ArtifactStore
    from taskmatrix_ros.perception.pictures.picture_functions import PictureFunctions

    models, skills = settings.models, settings.processes.skills
    camera = recogniser = None
    if thread is not None and settings.ros is not None:
        from taskmatrix_ros.robot.driver.node_camera import NodeCamera

        camera = NodeCamera(thread, namespace=settings.ros.robot_namespace)
    if skills is not None:
        from taskmatrix_ros.robot.seeing.tag_recogniser import TagRecogniser

        recogniser = TagRecogniser.of_world(skills.world)
    return dict(
        PictureFunctions(
            store=ArtifactStore(settings.artifact_folder, max_bytes=settings.artifacts.max_bytes),
            camera=camera,
            seer=PictureSeer(models.chat) if models is not None and models.chat.pictures else None,
            painter=ImageClient(models.images) if models is not None and models.images is not None else None,
            recogniser=recogniser,
        ).by_name()
    )

"""The planner of a profile: the grammar, and a model behind it where the profile names one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.home import Home
from taskmatrix_ros.core.ports import Catalogue, Planner
from taskmatrix_ros.models.chat_client import ChatClient
from taskmatrix_ros.models.image_client import ImageModelSettings
from taskmatrix_ros.models.model_settings import EmbeddingSettings, ModelSettings
from taskmatrix_ros.planner.home.home_reader import HomeReader
from taskmatrix_ros.planner.model.model_planner import ModelPlanner
from taskmatrix_ros.planner.model.planner_settings import PlannerSettings
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.planner_chain import PlannerChain
from taskmatrix_ros.planner.talk.follow_up_planner import FollowUpPlanner
from taskmatrix_ros.planner.things.robot_map import RobotMap
from taskmatrix_ros.planner.timed.timed_reader import TimedReader


class ModelsSettings(Frozen):
    """The models of a profile. ``chat`` plans what the grammar does not understand; ``images`` draws; ``embeddings``
    tell what is near in meaning.
    """

    chat: ModelSettings
    images: ImageModelSettings | None = None
    planner: PlannerSettings = PlannerSettings()
    embeddings: EmbeddingSettings | None = None


async def open_planner(
    catalogue: Catalogue,
    models: ModelsSettings | None,
    stack: AsyncExitStack,
    *,
    robot_map: Callable[[], RobotMap] | None = None,
    home: Home | None = None,
) -> Planner:
    """Make the planner of a profile; what it opens, ``stack`` closes.

    :param robot_map: as ``OfflinePlanner`` takes it.
    :param home: whose devices may be spoken of by their names.
    :raises ConfigError: the model's key is missing.
    """
    readers = () if home is None else (HomeReader(home),)
    timed = TimedReader(catalogue, home)
    sentences = OfflinePlanner(catalogue, readers, utterance_readers=(timed,), robot_map=robot_map, side_by_side=True)
    grammar = FollowUpPlanner(sentences, catalogue)
    if models is None:
        return grammar
    from taskmatrix_ros.perception.picture_reader import PictureReader

    client = ChatClient(models.chat)
    stack.push_async_callback(client.close)
    await client.open()
    model = ModelPlanner(client, catalogue, models.planner, PictureReader())
    return PlannerChain(grammar, model, ask_model_on=models.planner.ask_model_on)

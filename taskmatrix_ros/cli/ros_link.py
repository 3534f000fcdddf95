"""The command line's own small node, to reach the running one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from taskmatrix_ros.core.errors import ConfigError

if TYPE_CHECKING:
    from taskmatrix_ros.ros.node_thread import NodeThread
    from taskmatrix_ros.ros.task_client import TaskClient


@asynccontextmanager
async def ros_node(name: str) -> AsyncIterator[NodeThread]:
    """Open a small node of this process.

    :raises ConfigError: ROS is not installed, or the interfaces are not built.
    """
    ros: Any
    try:
        from taskmatrix_ros.ros.node_thread import NodeThread
        from taskmatrix_ros.ros.ros_context import RosContext
    except ImportError as error:
        raise _missing(error) from error
    ros = RosContext()
    ros.open()
    thread = NodeThread(ros, name)
    try:
        thread.open()
        yield thread
    finally:
        thread.close()
        ros.close()


@asynccontextmanager
async def task_client(namespace: str) -> AsyncIterator[TaskClient]:
    """Open a client of the node in ``namespace``.

    :raises ConfigError: ROS is not installed, or the interfaces are not built.
    """
    async with ros_node("taskmatrix_cli") as thread:
        try:
            from taskmatrix_ros.ros.task_client import TaskClient
        except ImportError as error:
            raise _missing(error) from error
        client = TaskClient(thread, namespace)
        await client.open()
        try:
            yield client
        finally:
            await client.close()


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(
        f"ROS 2 is not to be found here ({error.name}); run scripts/setup, or source your ROS and this workspace"
    )

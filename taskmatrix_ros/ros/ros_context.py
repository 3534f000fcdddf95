"""A private rclpy context: no global state, no signal handlers, several in one process if need be."""

from __future__ import annotations

from collections.abc import Sequence

import rclpy
from rclpy.context import Context
from rclpy.signals import SignalHandlerOptions

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.ros.dds_profile import announce_often


class RosContext:
    """Owns one ``rclpy.Context``. Signals stay with the process's own loop."""

    def __init__(self, args: Sequence[str] = ()) -> None:
        """:param args: ROS arguments (``--ros-args -r …``), as ``ros2 launch`` gives them."""
        self._args = list(args)
        self._context: Context | None = None

    @property
    def context(self) -> Context:
        """The open context."""
        if self._context is None:
            raise RuntimeError("the ROS context is not open")
        return self._context

    def open(self) -> None:
        """Initialise rclpy.

        :raises ConfigError: ROS refuses its arguments or environment (a bad ``ROS_DOMAIN_ID``, an unknown RMW).
        """
        announce_often()
        context = Context()
        try:
            rclpy.init(args=self._args, context=context, signal_handler_options=SignalHandlerOptions.NO)
        except Exception as error:
            raise ConfigError(
                f"ros: rclpy did not start: {error}; check ROS_DOMAIN_ID and RMW_IMPLEMENTATION"
            ) from error
        self._context = context

    def close(self) -> None:
        """Shut rclpy down; nodes must have been closed."""
        context, self._context = self._context, None
        if context is not None and context.ok():
            rclpy.shutdown(context=context)

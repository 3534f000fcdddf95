"""Pictures of the simulated camera, drawn without a screen in a thread of their own."""

from __future__ import annotations

import importlib
import logging
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.mujoco_world import GeomGroup
from taskmatrix_ros.sim.sdf.sdf_types import CameraSensor

_log = logging.getLogger(__name__)
_BACKEND = "TASKMATRIX_SIM_GL"
_BACKENDS = ("egl", "glfw", "osmesa")
_REMEDY = "on Debian or Ubuntu: apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri libopengl0"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the camera saw at one moment.

    :param time_s: simulated time of the exposure.
    :param rgb: ``(H, W, 3) uint8``, row 0 on top.
    :param depth_m: ``(H, W) float32``, distance along the optical axis, inf beyond the far plane (REP 118); None if not
        asked for.
    """

    time_s: float
    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None


class OffscreenRenderer:
    """Draws one camera of a model. Everything happens in the thread that called :meth:`open`.

    :param geom_groups: what is visible.
    :source: MuJoCo ``mjr_render`` over EGL.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        width_px: int,
        height_px: int,
        geom_groups: tuple[int, ...] = (GeomGroup.VISUAL, GeomGroup.ROBOT_VISUAL),
    ) -> None:
        self._model = model
        self.size_px = (width_px, height_px)
        self._rectangle = mujoco.MjrRect(0, 0, width_px, height_px)
        self._groups = geom_groups
        self._gl: Any = None
        self._context: mujoco.MjrContext | None = None
        self._scene: mujoco.MjvScene | None = None
        self._options = mujoco.MjvOption()

    def open(self) -> None:
        """Create the drawing context.

        :raises ConfigError: this machine cannot draw; the message names the packages.
        """
        largest = self._model.vis.global_
        if self._rectangle.width > largest.offwidth or self._rectangle.height > largest.offheight:
            raise ConfigError(
                f"simulation camera: {self._rectangle.width}x{self._rectangle.height} px is above "
                f"{largest.offwidth}x{largest.offheight}; choose a smaller picture"
            )
        try:
            context_type = _gl_context_type()
            self._gl = context_type(self._rectangle.width, self._rectangle.height)
            self._gl.make_current()
            self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        except Exception as error:  # a missing library shows as any of six error types
            self.close()
            detail = " ".join(str(error).split())[:120] or type(error).__name__
            raise ConfigError(
                f"simulation camera: this machine cannot draw without a screen ({detail}); {_REMEDY}"
            ) from error
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mujoco.MjvScene(self._model, maxgeom=self._model.ngeom + 50)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[flag] = False
        self._options.geomgroup[:] = 0
        for group in self._groups:
            self._options.geomgroup[group] = 1

    def close(self) -> None:
        """Free the drawing context."""
        if self._context is not None:
            self._context.free()
        self._context = None
        if self._gl is not None:
            self._gl.free()
        self._gl = None

    def draw(
        self, data: mujoco.MjData, camera: mujoco.MjvCamera, *, with_depth: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
        """Draw once.

        :param data: with up-to-date kinematics.
        :returns: ``(H, W, 3) uint8`` RGB and ``(H, W) float32`` metres, both with row 0 on top.
        """
        assert self._scene is not None
        assert self._context is not None
        mujoco.mjv_updateScene(
            self._model, data, self._options, None, camera, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        mujoco.mjr_render(self._rectangle, self._scene, self._context)
        height, width = self._rectangle.height, self._rectangle.width
        rgb = np.empty((height, width, 3), np.uint8)
        depth = np.empty((height, width), np.float32) if with_depth else None
        mujoco.mjr_readPixels(rgb, depth, self._rectangle, self._context)
        return np.flipud(rgb), None if depth is None else self._metres(np.flipud(depth))

    def _metres(self, buffer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn the depth buffer (1 at the near plane, 0 at the far one) into distances along the optical axis."""
        extent = self._model.stat.extent
        near, far = self._model.vis.map.znear * extent, self._model.vis.map.zfar * extent
        metres: NDArray[np.float32] = (near * far / (buffer.astype(np.float64) * (far - near) + near)).astype(
            np.float32
        )
        metres[buffer <= 0] = np.inf
        return metres


def robot_camera(model: mujoco.MjModel, robot: str, sensor: CameraSensor) -> mujoco.MjvCamera:
    """Camera that a robot wears."""
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
    camera.fixedcamid = model.camera(f"{robot}/{sensor.name}").id
    return camera


class CameraThread:
    """Draws one camera on request, so that physics never waits for a picture.

    :param size_px: width and height of the pictures.
    :param on_picture: called in the camera's thread.
    :param on_failure: called once, in the camera's thread, if this machine cannot draw; requests are ignored from then.
    :param aim: called in the camera's thread before each picture with the state that is drawn.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        camera: mujoco.MjvCamera,
        size_px: tuple[int, int],
        on_picture: Callable[[Picture], None],
        on_failure: Callable[[str], None],
        *,
        aim: Callable[[mujoco.MjData], None] = lambda _data: None,
    ) -> None:
        self._model = model
        self._data = mujoco.MjData(model)
        self._camera, self._aim = camera, aim
        self.size_px = size_px
        """May be set to another size at any time; the next picture has it."""
        self._on_picture, self._on_failure = on_picture, on_failure
        self._requests: queue.Queue[tuple[float, NDArray[np.float64], bool] | None] = queue.Queue(maxsize=1)
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None
        self.drawn = 0

    def open(self) -> None:
        """Start the thread; the drawing context is made at the first request."""
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after the picture it is drawing."""
        if self._thread is not None:
            self._requests.put(None)
            self._thread.join()
            self._thread = None

    def request(self, time_s: float, positions: NDArray[np.float64], *, with_depth: bool) -> bool:
        """Ask for a picture of the world as it is now.

        :param positions: ``qpos``; copied.
        :returns: False if the last picture is still being drawn, so this one is left out.
        """
        if not self._idle.is_set():
            return False
        self._idle.clear()
        self._requests.put((time_s, positions.copy(), with_depth))
        return True

    def _run(self) -> None:
        renderer: OffscreenRenderer | None = None
        try:
            while (request := self._requests.get()) is not None:
                if renderer is not None and renderer.size_px != self.size_px:
                    renderer.close()
                    renderer = None
                if renderer is None:
                    renderer = OffscreenRenderer(self._model, *self.size_px)
                    renderer.open()
                self._on_picture(self._draw(renderer, *request))
                self.drawn += 1
                self._idle.set()
        except ConfigError as error:
            self._on_failure(error.message)
            self._wait_for_close()
        except Exception:  # noqa: BLE001 - physics and the other sensors go on
            _log.exception("simulation camera: ended")
            self._on_failure("simulation camera: drawing failed; the rest goes on without pictures")
            self._wait_for_close()
        finally:
            if renderer is not None:
                renderer.close()

    def _wait_for_close(self) -> None:
        while self._requests.get() is not None:
            pass

    def _draw(
        self,
        renderer: OffscreenRenderer,
        time_s: float,
        positions: NDArray[np.float64],
        with_depth: bool,
    ) -> Picture:
        self._data.qpos[:] = positions
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        self._aim(self._data)
        rgb, depth = renderer.draw(self._data, self._camera, with_depth=with_depth)
        return Picture(time_s, rgb, depth)


def _gl_context_type() -> Any:
    """Class of MuJoCo's drawing context, as the process or ``MUJOCO_GL`` chose; EGL if neither did."""
    backend = os.environ.get(_BACKEND) or os.environ.get("MUJOCO_GL") or "egl"
    if backend not in _BACKENDS:
        raise ValueError(f"MUJOCO_GL is '{backend}'; allowed: {', '.join(_BACKENDS)}")
    return importlib.import_module(f"mujoco.{backend}").GLContext

"""A box that shows a whole picture on each of its faces, upright on the sides, as Gazebo draws it."""

from __future__ import annotations

import mujoco
import numpy as np

# Each face as seen from outside: its normal, the direction to the right, and up.
_FACES = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, 1, 0)),
)


def add_textured_box(spec: mujoco.MjSpec, size_m: tuple[float, ...]) -> str:
    """Add the mesh of such a box, once per size.

    MuJoCo has no texture coordinates for a box geom, only for a mesh, and counts v from the top of the picture.

    :param size_m: full lengths along x, y and z.
    :returns: the name of the mesh.
    """
    name = "textured_box_" + "_".join(f"{s:g}" for s in size_m)
    if any(mesh.name == name for mesh in spec.meshes):
        return name
    half = np.array(size_m) / 2
    vertices: list[float] = []
    texture: list[float] = []
    triangles: list[int] = []
    for face in _FACES:
        normal, right, up = (np.array(direction) for direction in face)
        first = len(vertices) // 3
        for across, upward in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            vertices.extend(((normal + across * right + upward * up) * half).tolist())
            texture.extend(((1 + across) / 2, (1 - upward) / 2))
        triangles.extend((first, first + 1, first + 2, first, first + 2, first + 3))
    spec.add_mesh(
        name=name,
        uservert=vertices,
        usertexcoord=texture,
        userface=triangles,
        userfacetexcoord=triangles,
        inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
    )
    return name

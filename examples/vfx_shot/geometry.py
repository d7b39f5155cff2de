"""Build the meshes of the shot: points, triangles and normals from a few formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh with one normal per point."""

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int32]


def tube(path: NDArray[np.float64], *, radius: float, sides: int = 24) -> Mesh:
    """Sweep a circle along a path that lies in a plane of constant y."""
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    across = np.array([0.0, 1.0, 0.0])
    outward = np.cross(tangents, across)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    normals = (
        np.cos(angles)[None, :, None] * outward[:, None, :] + np.sin(angles)[None, :, None] * across
    )
    points = path[:, None, :] + radius * normals
    return Mesh(_flat(points), _flat(normals), _grid_triangles(len(path), sides, closed=True))


def arch(*, half_width: float, height: float, corner: float, y: float) -> NDArray[np.float64]:
    """Return the centre line of an upside-down U, from its left foot to its right foot."""
    turn = np.linspace(0, np.pi / 2, 24)
    left = np.stack(
        [-half_width + corner * (1 - np.cos(turn)), height - corner * (1 - np.sin(turn))], axis=1
    )
    right = left[::-1] * [-1, 1]
    foot = np.array([[-half_width, 0.0]])
    flat = np.concatenate([foot, left, right, foot * [-1, 1]])
    return np.insert(flat, 1, y, axis=1)


def rounded_slab(*, half_size: tuple[float, float], height: float, bevel: float) -> Mesh:
    """Return a flat box with round corners and a round top edge, standing on z = 0."""
    corner = min(half_size) * 0.28
    turn = np.linspace(0, np.pi / 2, 10)
    rings = [(0.0, 0.0, 0.0), (0.0, height - bevel, 0.0)]
    rings += [
        (bevel * (1 - np.cos(a)), height - bevel * (1 - np.sin(a)), float(np.sin(a))) for a in turn
    ]
    outline, outward = _rounded_rectangle(half_size, corner)
    points, normals = [], []
    for inset, z, up in rings:
        ring = outline - outward * inset
        side = outward * np.sqrt(1 - up * up)
        points.append(np.insert(ring, 2, z, axis=1))
        normals.append(np.insert(side, 2, up, axis=1))
    shell = _grid_triangles(len(rings), len(outline), closed=True)
    all_points = np.concatenate([*points, [[0.0, 0.0, height]]])
    all_normals = np.concatenate([*normals, [[0.0, 0.0, 1.0]]])
    lid = _fan_triangles(first=(len(rings) - 1) * len(outline), count=len(outline))
    return Mesh(_flat(all_points), _flat(all_normals), np.concatenate([shell, lid]))


def cyclorama(*, near: float, far: float, radius: float, width: float, height: float) -> Mesh:
    """Return a studio backdrop: a floor that bends into a wall without an edge."""
    turn = np.linspace(0, np.pi / 2, 48)
    bend = np.stack([far + radius * np.sin(turn), radius * (1 - np.cos(turn))], axis=1)
    bend_normals = np.stack([-np.sin(turn), np.cos(turn)], axis=1)
    profile = np.concatenate([[[near, 0.0]], bend, [[far + radius, height]]])
    facing = np.concatenate([[[0.0, 1.0]], bend_normals, [[-1.0, 0.0]]])
    points = np.stack([np.insert(profile, 0, x, axis=1) for x in (-width, width)], axis=1)
    normals = np.stack([np.insert(facing, 0, 0.0, axis=1)] * 2, axis=1)
    return Mesh(_flat(points), _flat(normals), _grid_triangles(len(profile), 2, closed=False))


def write_ply(mesh: Mesh, path: Path) -> None:
    """Write a binary PLY file."""
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(mesh.points)}\n"
        + "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz"))
        + f"element face {len(mesh.triangles)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    vertices = np.concatenate([mesh.points, mesh.normals], axis=1).astype("<f4")
    faces = np.empty(len(mesh.triangles), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"] = 3
    faces["corners"] = mesh.triangles
    path.write_bytes(header.encode("ascii") + vertices.tobytes() + faces.tobytes())


def _rounded_rectangle(
    half_size: tuple[float, float], corner: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    turn = np.linspace(0, np.pi / 2, 12)
    points, normals = [], []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = turn + quarter * np.pi / 2
        outward = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        centre = np.array([sx * (half_size[0] - corner), sy * (half_size[1] - corner)])
        points.append(centre + corner * outward)
        normals.append(outward)
    return np.concatenate(points), np.concatenate(normals)


def _grid_triangles(rows: int, columns: int, *, closed: bool) -> NDArray[np.int32]:
    row, column = np.meshgrid(
        np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij"
    )
    following = (column + 1) % columns
    a, b = row * columns + column, row * columns + following
    c, d = a + columns, b + columns
    quads = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], axis=-2)
    return quads.reshape(-1, 3).astype(np.int32)


def _fan_triangles(*, first: int, count: int) -> NDArray[np.int32]:
    rim = np.arange(count)
    centre = np.full(count, first + count)
    return np.stack([first + rim, first + (rim + 1) % count, centre], axis=1).astype(np.int32)


def _flat(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.reshape(-1, 3), dtype=np.float32)

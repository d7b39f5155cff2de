"""Describe the shot: a Newton's cradle on a studio table, one full swing in a seamless loop.

The description is plain data, ready for JSON: the render passes read nothing else.
One unit is ten centimetres or so; z is up and the camera looks along +y.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import geometry

if TYPE_CHECKING:
    from pathlib import Path

LOOP_FRAMES = 24

BALL_RADIUS = 0.3
PIVOT_HEIGHT = 2.15
STRING_LENGTH = 1.55
SWING_DEGREES = 34.0
RAIL_Y = 0.6
RAIL_HALF_WIDTH = 1.85

Vector = list[float]


def colour(*value: float) -> dict[str, Any]:
    return {"type": "rgb", "value": list(value)}


MATERIALS: dict[str, dict[str, Any]] = {
    "backdrop": {"type": "diffuse", "reflectance": colour(0.40, 0.125, 0.065)},
    "base": {"type": "plastic", "diffuse_reflectance": colour(0.012, 0.013, 0.016)},
    "brass": {
        "type": "roughconductor",
        "material": "Au",
        "alpha": 0.06,
        "specular_reflectance": colour(1.0, 0.78, 0.6),
    },
    "thread": {"type": "diffuse", "reflectance": colour(0.55, 0.5, 0.42)},
    "lacquer": {
        "type": "plastic",
        "diffuse_reflectance": colour(0.015, 0.19, 0.23),
        "nonlinear": True,
    },
    "chrome": {"type": "conductor", "material": "Ag"},
    "glass": {"type": "dielectric", "int_ior": 1.5},
    "porcelain": {
        "type": "plastic",
        "diffuse_reflectance": colour(0.78, 0.75, 0.68),
        "nonlinear": True,
    },
    "copper": {"type": "conductor", "material": "Cu"},
}

BALL_MATERIALS = ("lacquer", "chrome", "glass", "porcelain", "copper")

# A big warm key from the left, a long softbox overhead for the highlights, a cool rim from behind.
SKY: dict[str, Any] = {
    "zenith": [0.16, 0.18, 0.22],
    "horizon": [0.10, 0.10, 0.11],
    "ground": [0.03, 0.03, 0.03],
    "softboxes": [
        {
            "towards": [-0.8, -0.42, 0.6],
            "half_degrees": [13, 15],
            "edge_degrees": 4,
            "radiance": [26.0, 20.5, 15.0],
        },
        {
            "towards": [0.15, 0.1, 1.0],
            "half_degrees": [44, 10],
            "edge_degrees": 3,
            "radiance": [2.6, 2.8, 3.0],
        },
        {
            "towards": [0.9, 0.3, 0.55],
            "half_degrees": [8, 26],
            "edge_degrees": 4,
            "radiance": [2.2, 4.6, 6.4],
        },
    ],
}

# A lamp near the wall, out of sight: its glow lifts the cradle off the backdrop.
LIGHTS: list[dict[str, Any]] = [
    {
        "name": "glow",
        "origin": [1.9, 5.6, 4.9],
        "target": [2.2, 8.2, 0.9],
        "half_size": [0.9, 0.5],
        "radiance": [30.0, 24.0, 18.0],
    },
]


def swing(phase: float) -> tuple[float, float]:
    """Return the angles in degrees of the first and the last ball at a phase of 0 to 1.

    The first ball swings out and back, hands over its momentum, then the last one does.
    """
    wave = SWING_DEGREES * math.sin(2 * math.pi * (phase % 1.0))
    return (min(-wave, 0.0), max(-wave, 0.0))


def ball_centres(phase: float) -> list[Vector]:
    """Return where the five balls are at a phase of 0 to 1."""
    first, last = swing(phase)
    return [
        [
            _rest_x(place) + STRING_LENGTH * math.sin(math.radians(angle)),
            0.0,
            PIVOT_HEIGHT - STRING_LENGTH * math.cos(math.radians(angle)),
        ]
        for place, angle in enumerate((first, 0.0, 0.0, 0.0, last))
    ]


def camera(phase: float) -> dict[str, Any]:
    """Return the camera: a slow sway around the table that ends where it began."""
    azimuth = math.radians(-24.0 + 5.0 * math.sin(2 * math.pi * phase))
    distance = 10.0
    target = [-0.05, 0.0, 1.02]
    origin = [
        target[0] + distance * math.sin(azimuth),
        target[1] - distance * math.cos(azimuth),
        2.15,
    ]
    return {
        "origin": origin,
        "target": target,
        "fov": 28.5,
        "aperture": 0.075,
        "focus": math.dist(origin, target) - BALL_RADIUS,
    }


def describe(size: tuple[int, int]) -> dict[str, Any]:
    """Return the whole shot as plain data, with one pose per frame of the loop."""
    phases = [place / LOOP_FRAMES for place in range(LOOP_FRAMES)]
    return {
        "size": list(size),
        "sky": SKY,
        "materials": MATERIALS,
        "lights": LIGHTS,
        "shapes": [*_mesh_shapes(), *_marbles()],
        "poses": [
            {"camera": camera(phase), "shapes": _cradle(ball_centres(phase))} for phase in phases
        ],
    }


def meshes() -> dict[str, geometry.Mesh]:
    """Return the parts that are not spheres or cylinders, by name."""
    rail = {"half_width": RAIL_HALF_WIDTH, "height": PIVOT_HEIGHT, "corner": 0.3}
    return {
        "backdrop": geometry.cyclorama(near=-30, far=4.5, radius=4, width=40, height=6.5),
        "base": geometry.rounded_slab(half_size=(2.15, 0.92), height=0.14, bevel=0.05),
        "rail_front": geometry.tube(geometry.arch(**rail, y=-RAIL_Y), radius=0.038),
        "rail_back": geometry.tube(geometry.arch(**rail, y=RAIL_Y), radius=0.038),
    }


def write(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Write scene.json and its meshes into a folder; return the files, scene.json first."""
    scene_file = folder / "scene.json"
    scene_file.write_text(json.dumps(describe(size), indent=1))
    files = [scene_file]
    for name, mesh in meshes().items():
        files.append(folder / f"{name}.ply")
        geometry.write_ply(mesh, files[-1])
    return files


def _mesh_shapes() -> list[dict[str, Any]]:
    looks = {"backdrop": "backdrop", "base": "base", "rail_front": "brass", "rail_back": "brass"}
    return [
        {"name": name, "type": "ply", "filename": f"{name}.ply", "material": material}
        for name, material in looks.items()
    ]


def _marbles() -> list[dict[str, Any]]:
    """Return a few strays on the table: out of focus, they give the picture its depth."""
    places = [
        ("lacquer", 0.15, (2.95, 1.9)),
        ("porcelain", 0.11, (3.45, 2.5)),
        ("copper", 0.16, (-1.7, 3.0)),
    ]
    return [
        _ball(f"marble_{material}", material, [x, y, radius], radius)
        for material, radius, (x, y) in places
    ]


def _cradle(centres: list[Vector]) -> list[dict[str, Any]]:
    shapes = []
    for place, (centre, material) in enumerate(zip(centres, BALL_MATERIALS, strict=True)):
        shapes.append(_ball(f"ball_{place}", material, centre, BALL_RADIUS))
        for side, y in (("front", -RAIL_Y), ("back", RAIL_Y)):
            hook = [_rest_x(place), y, PIVOT_HEIGHT]
            shapes.append(_thread(f"thread_{place}_{side}", centre, hook))
    return shapes


def _ball(name: str, material: str, centre: Vector, radius: float) -> dict[str, Any]:
    return {
        "name": name,
        "type": "sphere",
        "center": centre,
        "radius": radius,
        "material": material,
    }


def _thread(name: str, centre: Vector, hook: Vector) -> dict[str, Any]:
    # Threads end at the surface: one that went on inside would show through the glass ball.
    share = BALL_RADIUS / math.dist(centre, hook)
    start = [a + (b - a) * share for a, b in zip(centre, hook, strict=True)]
    return {
        "name": name,
        "type": "cylinder",
        "p0": start,
        "p1": hook,
        "radius": 0.011,
        "material": "thread",
    }


def _rest_x(place: int) -> float:
    return 2 * BALL_RADIUS * (place - 2)

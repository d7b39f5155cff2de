"""Render one frame of the shot with Mitsuba: beauty, geometry and ambient occlusion.

Every pass reads scene.json and the meshes beside it, writes one .npz file and says what it did.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import drjit as dr
import mitsuba as mi
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

# The scalar variant needs no LLVM or CUDA on the machine.
mi.set_variant("scalar_rgb")
# CUE_THREADS is what the farm reserved for this frame: taking more would starve its neighbours.
dr.set_thread_count(int(os.environ.get("CUE_THREADS", "1")))

# More rays per hit are cheaper than more hits.
SKY_RAYS = 4


def render_beauty(scene_file: Path, frame: int, samples: int, output: Path) -> dict[str, Any]:
    """Render the picture twice with half the samples each, so that the composite sees the noise.

    Stratified samples come in squares: each half takes the square nearest to what was asked.
    """
    started = time.monotonic()
    scene = load(scene_file, frame)
    path = mi.load_dict({"type": "path", "max_depth": 8, "rr_depth": 5})
    half = max(1, round((samples / 2) ** 0.5)) ** 2
    first, second = (_render(scene, path, half, seed=2 * frame + twin) for twin in (0, 1))
    return _save(output, 2 * half, started, first=first, second=second)


def render_depth(scene_file: Path, frame: int, samples: int, output: Path) -> dict[str, Any]:
    """Render how far away everything is."""
    started = time.monotonic()
    scene = load(scene_file, frame)
    depth = _render(scene, mi.load_dict({"type": "depth"}), samples, seed=frame)
    return _save(output, samples, started, depth=depth[..., :1])


def render_occlusion(scene_file: Path, frame: int, samples: int, output: Path) -> dict[str, Any]:
    """Render how much of the sky each point sees.

    Clay under a white sky, direct light only: the radiance is the unoccluded share.
    Mirrors and glass are red clay, so that the composite can tell where not to darken.
    """
    started = time.monotonic()
    scene = load(scene_file, frame, clay=True)
    sky = mi.load_dict({"type": "direct", "emitter_samples": 0, "bsdf_samples": SKY_RAYS})
    red, green, _ = np.split(_render(scene, sky, samples, seed=frame), 3, axis=2)
    matte = green / np.maximum(red, 1e-3)
    return _save(output, samples, started, occlusion=red, matte=matte)


def load(scene_file: Path, frame: int, *, clay: bool = False) -> mi.Scene:
    """Turn the plain description into a Mitsuba scene for one frame."""
    shot = json.loads(scene_file.read_text())
    pose = shot["poses"][(frame - 1) % len(shot["poses"])]
    parts: dict[str, Any] = {"type": "scene", "camera": _camera(pose["camera"], shot["size"])}
    parts |= _clay_look(shot) if clay else _full_look(shot)
    for shape in [*shot["shapes"], *pose["shapes"]]:
        parts[f"shape_{shape['name']}"] = _shape(shape, scene_file.parent)
    return mi.load_dict(parts)


def _render(scene: mi.Scene, integrator: mi.Integrator, samples: int, seed: int) -> np.ndarray:
    return np.array(mi.render(scene, integrator=integrator, spp=samples, seed=seed))


def _full_look(shot: dict[str, Any]) -> dict[str, Any]:
    lights = {light["name"]: _light(light) for light in shot["lights"]}
    return {**shot["materials"], **lights, "sky": _sky(shot["sky"])}


def _clay_look(shot: dict[str, Any]) -> dict[str, Any]:
    looks: dict[str, Any] = {"sky": {"type": "constant", "radiance": {"type": "rgb", "value": 1.0}}}
    for name, material in shot["materials"].items():
        clear = material["type"] in {"conductor", "roughconductor", "dielectric"}
        value = [1.0, 0.0, 0.0] if clear else [1.0, 1.0, 1.0]
        looks[name] = {"type": "diffuse", "reflectance": {"type": "rgb", "value": value}}
    return looks


def _shape(shape: dict[str, Any], folder: Path) -> dict[str, Any]:
    plugin = {key: value for key, value in shape.items() if key not in {"name", "material"}}
    if "filename" in plugin:
        plugin["filename"] = str(folder / plugin["filename"])
    return plugin | {"bsdf": {"type": "ref", "id": shape["material"]}}


def _camera(camera: dict[str, Any], size: list[int]) -> dict[str, Any]:
    width, height = size
    return {
        "type": "thinlens",
        "fov": camera["fov"],
        "aperture_radius": camera["aperture"],
        "focus_distance": camera["focus"],
        "to_world": _look_at(camera["origin"], camera["target"]),
        # The denoiser wants neighbours that share no samples: a box filter, nothing wider.
        "film": {
            "type": "hdrfilm",
            "width": width,
            "height": height,
            "pixel_format": "rgb",
            "rfilter": {"type": "box"},
        },
        "sampler": {"type": "stratified"},
    }


def _light(light: dict[str, Any]) -> dict[str, Any]:
    aim = _look_at(light["origin"], light["target"])
    return {
        "type": "rectangle",
        "to_world": aim @ mi.ScalarTransform4f().scale([*light["half_size"], 1]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": light["radiance"]}},
    }


def _sky(sky: dict[str, Any]) -> dict[str, Any]:
    """Return an environment: a gradient with softboxes painted on it.

    One emitter holds all the light there is: sampling it is far less noisy than picking among many.
    """
    upright = mi.ScalarTransform4f().rotate([1, 0, 0], 90)
    return {"type": "envmap", "bitmap": mi.Bitmap(paint_sky(sky)), "to_world": upright}


def paint_sky(sky: dict[str, Any], height: int = 128) -> np.ndarray:
    """Return the light from every direction, as a latitude-longitude picture."""
    towards = _directions(height)
    up = towards[..., 2:]
    zenith, horizon, ground = (np.array(sky[name]) for name in ("zenith", "horizon", "ground"))
    pixels = horizon + (np.where(up > 0, zenith, ground) - horizon) * np.sqrt(np.abs(up))
    for box in sky["softboxes"]:
        pixels = pixels + _softbox(towards, box)[..., None] * np.array(box["radiance"])
    return pixels.astype(np.float32)


def _directions(height: int) -> np.ndarray:
    """Return the unit vector each pixel of an environment picture looks along."""
    theta = (np.arange(height)[:, None] + 0.5) / height * np.pi
    phi = (np.arange(2 * height)[None, :] + 0.5) / height * np.pi
    level = np.sin(theta)
    return np.stack([np.sin(phi) * level, np.cos(phi) * level, np.cos(theta) + 0 * phi], axis=2)


def _softbox(towards: np.ndarray, box: dict[str, Any]) -> np.ndarray:
    """Return 1 inside the box, 0 outside, and a soft edge in between."""
    ahead = np.array(box["towards"]) / np.linalg.norm(box["towards"])
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    above = np.cross(right, ahead)
    front = towards @ ahead
    inside = front > 0
    for axis, half_degrees in zip((right, above), box["half_degrees"], strict=True):
        angle = np.degrees(np.abs(np.arctan2(towards @ axis, front)))
        inside = inside * np.clip((half_degrees - angle) / box["edge_degrees"], 0, 1)
    return inside


def _look_at(origin: list[float], target: list[float]) -> mi.ScalarTransform4f:
    return mi.ScalarTransform4f().look_at(origin=origin, target=target, up=[0, 0, 1])


def _save(output: Path, samples: int, started: float, **layers: np.ndarray) -> dict[str, Any]:
    np.savez(output, **{name: pixels.astype(np.float16) for name, pixels in layers.items()})
    seconds = round(time.monotonic() - started, 2)
    return {"path": str(output), "samples": samples, "seconds": seconds}


RENDERERS = {"beauty": render_beauty, "depth": render_depth, "occlusion": render_occlusion}

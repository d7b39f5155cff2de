"""Turn the passes of one frame into a finished picture; plain numpy, no renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.float32]
    Window = tuple[slice, slice]

DEPTH_STRENGTH = 60.0
HAZE_COLOUR = (0.13, 0.035, 0.03)
SHADOW_TINT = (0.96, 1.0, 1.03)
HIGHLIGHT_TINT = (1.03, 1.0, 0.95)


class Passes(NamedTuple):
    """The rendered passes of one frame, height x width x channels."""

    first: Pixels
    second: Pixels
    depth: Pixels
    occlusion: Pixels
    matte: Pixels


def composite(passes: Passes) -> Pixels:
    """Return the finished frame, display-ready values from 0 to 1."""
    depth = log_depth(passes.depth)
    picture = denoise(*without_fireflies(passes.first, passes.second), depth)
    picture = ground(picture, smooth(passes.occlusion, depth), passes.matte)
    picture = haze(picture, passes.depth)
    picture = bloom(picture)
    return vignette(grade(film(picture)))


def read_passes(*files: Path) -> Passes:
    """Collect the layers of the files of one frame."""
    layers: dict[str, Pixels] = {}
    for file in files:
        with np.load(file) as stored:
            layers |= {name: stored[name].astype(np.float32) for name in stored}
    return Passes(**layers)


def without_fireflies(first: Pixels, second: Pixels) -> tuple[Pixels, Pixels]:
    """Dim the pixels of each half that its twin does not see anywhere near."""
    return _limit(first, _brightest_around(second)), _limit(second, _brightest_around(first))


def denoise(first: Pixels, second: Pixels, depth: Pixels, radius: int = 4) -> Pixels:
    """Average each pixel with those around it that look the same beyond the noise.

    Non-local means over two halves: their difference says how noisy a pixel is.
    """
    mean = (first + second) / 2
    noise = box_blur(((first - second) / 2) ** 2, 2)

    def apart(here: Window, there: Window) -> Pixels:
        expected = noise[here] + noise[there]
        excess = ((mean[here] - mean[there]) ** 2 - expected) / (1e-4 + 0.8 * expected)
        patch = box_blur(np.einsum("hwc->hw", excess), 1) / 3
        return np.maximum(patch, 0) + _depth_gap(depth, here, there)

    return _average(mean, apart, radius)


def smooth(picture: Pixels, depth: Pixels, radius: int = 4) -> Pixels:
    """Blur, but not across edges in depth."""
    return _average(picture, lambda here, there: _depth_gap(depth, here, there), radius)


def ground(picture: Pixels, occlusion: Pixels, matte: Pixels, strength: float = 0.6) -> Pixels:
    """Darken creases and contacts; mirrors and glass show other places, so leave them alone."""
    return picture * (1 - strength * np.clip(matte, 0, 1) * (1 - np.clip(occlusion, 0, 1)))


def haze(picture: Pixels, depth: Pixels, start: float = 10.5, density: float = 0.07) -> Pixels:
    """Blend what is far away into the colour of the air."""
    amount = 1 - np.exp(-density * np.maximum(depth - start, 0))
    return picture + (np.float32(HAZE_COLOUR) - picture) * amount


def bloom(picture: Pixels, strength: float = 0.06) -> Pixels:
    """Let the highlights bleed a little, as a lens does."""
    glow = np.minimum(np.maximum(picture - 0.9, 0), 3)
    for size in (3, 5, 7):
        glow = box_blur(glow, size)
    return picture + strength * 8 * glow


def film(picture: Pixels) -> Pixels:
    """Map scene light to display values along a film-like curve (the ACES fit by Narkowicz)."""
    x = np.maximum(picture, 0)
    mapped = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.clip(mapped, 0, 1) ** (1 / 2.2)


def grade(picture: Pixels) -> Pixels:
    """Cool the shadows and warm the highlights a touch."""
    light = picture.mean(axis=2, keepdims=True)
    tint = np.float32(SHADOW_TINT) * (1 - light) + np.float32(HIGHLIGHT_TINT) * light
    return np.clip(picture * tint, 0, 1)


def vignette(picture: Pixels, strength: float = 0.38) -> Pixels:
    """Darken the corners."""
    height, width = picture.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    distance = (x * x + y * y) / 2
    return picture * (1 - strength * distance**1.5)[..., None]


def burn_in(picture: Pixels, left: str, right: str) -> Image.Image:
    """Return the 8-bit picture with two small lines of text at its bottom."""
    image = Image.fromarray(to_bytes(picture))
    size = max(9, image.height // 32)
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(image, "RGBA")
    margin, ink = size, (255, 255, 255, 150)
    draw.text((margin, image.height - margin), left, ink, font, anchor="ls")
    draw.text((image.width - margin, image.height - margin), right, ink, font, anchor="rs")
    return image


def to_bytes(picture: Pixels) -> NDArray[np.uint8]:
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def log_depth(depth: Pixels) -> Pixels:
    """Return depth on a scale where equal steps matter equally, near or far."""
    return np.log(np.maximum(depth, 1e-3))


def box_blur(pixels: Pixels, radius: int) -> Pixels:
    """Average over a square; edges repeat."""
    size = 2 * radius + 1
    for axis in (0, 1):
        padding = [(0, 0)] * pixels.ndim
        padding[axis] = (radius, radius)
        padded = np.pad(pixels, padding, mode="edge")
        length = pixels.shape[axis]
        pixels = sum(_along(padded, axis, start, length) for start in range(size)) / size
    return pixels


def _limit(pixels: Pixels, ceiling: Pixels) -> Pixels:
    brightness = pixels.max(axis=2, keepdims=True)
    return pixels * np.minimum(1, ceiling / np.maximum(brightness, 1e-6))


def _brightest_around(pixels: Pixels) -> Pixels:
    brightness = np.pad(pixels.max(axis=2), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(brightness, (3, 3))
    return windows.max(axis=(2, 3))[..., None] * 1.1 + 0.02


def _along(pixels: Pixels, axis: int, start: int, length: int) -> Pixels:
    window = slice(start, start + length)
    return pixels[window] if axis == 0 else pixels[:, window]


def _half_plane(radius: int) -> list[tuple[int, int]]:
    """Return the offsets of which each pair of pixels needs only one."""
    steps = range(-radius, radius + 1)
    return [(dy, dx) for dy in range(radius + 1) for dx in steps if (dy, dx) > (0, 0)]


def _overlap(shape: tuple[int, ...], dy: int, dx: int) -> tuple[Window, Window]:
    height, width = shape[:2]
    here = (slice(0, height - dy), slice(max(0, -dx), min(width, width - dx)))
    there = (slice(dy, height), slice(max(0, dx), min(width, width + dx)))
    return here, there


def _average(picture: Pixels, apart: Callable[[Window, Window], Pixels], radius: int) -> Pixels:
    """Average over a square, each pair of pixels by how little sets the two apart."""
    total = picture.copy()
    weights = np.ones((*picture.shape[:2], 1), np.float32)
    for dy, dx in _half_plane(radius):
        here, there = _overlap(picture.shape, dy, dx)
        weight = np.exp(-apart(here, there))[..., None]
        total[here] += weight * picture[there]
        total[there] += weight * picture[here]
        weights[here] += weight
        weights[there] += weight
    return total / weights


def _depth_gap(depth: Pixels, here: Window, there: Window) -> Pixels:
    return DEPTH_STRENGTH * np.abs(depth[here] - depth[there])[..., 0]

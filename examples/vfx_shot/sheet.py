"""Lay out a contact sheet: every frame of the shot, and one frame taken apart into its passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import comp
import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PAPER = (22, 19, 18)
INK = (236, 226, 214)
FAINT = (150, 136, 124)
MARGIN = 40
GAP = 12
HEADER = 86
LABEL = 24


class Box(NamedTuple):
    """A rectangle on the page, in pixels."""

    left: int
    top: int
    width: int
    height: int


class Layout(NamedTuple):
    """Where everything goes."""

    width: int
    height: int
    panels: list[Box]
    cells: list[Box]


def layout(count: int, aspect: float, *, columns: int = 6, width: int = 1604) -> Layout:
    """Return four large panels in a row and below them a grid of ``count`` cells."""
    panels, below = _row_grid(4, aspect, columns=4, width=width, top=HEADER)
    cells, bottom = _row_grid(count, aspect, columns=columns, width=width, top=below + GAP)
    return Layout(width, bottom + MARGIN - GAP, panels, cells)


def most_telling(frames: Sequence[int]) -> int:
    """Return the frame to take apart: a quarter into the shot a ball is all the way out."""
    return frames[len(frames) // 4]


def build(pictures: Mapping[int, Path], detail: int, pass_files: Sequence[Path]) -> Image.Image:
    """Return the page."""
    images = {frame: Image.open(path).convert("RGB") for frame, path in pictures.items()}
    passes = take_apart(comp.read_passes(*pass_files)) | {"composite": images[detail]}
    aspect = images[detail].width / images[detail].height
    plan = layout(len(images), aspect)
    page = Image.new("RGB", (plan.width, plan.height), PAPER)
    draw = ImageDraw.Draw(page)
    _header(draw, plan, len(images))
    for box, (name, image) in zip(plan.panels, passes.items(), strict=True):
        _place(page, draw, box, image, f"{name}  {detail:04d}")
    for box, (frame, image) in zip(plan.cells, images.items(), strict=True):
        _place(page, draw, box, image, f"{frame:04d}")
    return page


def take_apart(passes: comp.Passes) -> dict[str, Image.Image]:
    """Return the three passes as pictures a person can read."""
    beauty = comp.film((passes.first + passes.second) / 2)
    near, far = np.percentile(passes.depth, [1, 99])
    closeness = 1 - np.clip((passes.depth - near) / (far - near), 0, 1)
    return {
        "beauty": Image.fromarray(comp.to_bytes(beauty)),
        "depth": Image.fromarray(_grey(closeness)),
        "occlusion": Image.fromarray(_grey(passes.occlusion)),
    }


def _row_grid(
    count: int, aspect: float, *, columns: int, width: int, top: int
) -> tuple[list[Box], int]:
    cell_width = (width - 2 * MARGIN - (columns - 1) * GAP) // columns
    cell_height = round(cell_width / aspect)
    step = cell_height + LABEL + GAP
    boxes = [
        Box(
            MARGIN + (place % columns) * (cell_width + GAP),
            top + (place // columns) * step,
            cell_width,
            cell_height,
        )
        for place in range(count)
    ]
    return boxes, top + math.ceil(count / columns) * step


def _header(draw: ImageDraw.ImageDraw, plan: Layout, count: int) -> None:
    line = MARGIN + 16
    draw.text((MARGIN, line), "sh010", INK, ImageFont.load_default(34), anchor="ls")
    about = f"demo   {count} frames   three passes and a composite"
    small = ImageFont.load_default(16)
    draw.text((plan.width - MARGIN, line), about, FAINT, small, anchor="rs")


def _place(
    page: Image.Image, draw: ImageDraw.ImageDraw, box: Box, image: Image.Image, label: str
) -> None:
    scaled = image.resize((box.width, box.height), Image.Resampling.LANCZOS)
    page.paste(scaled, (box.left, box.top))
    below = (box.left, box.top + box.height + LABEL - 6)
    draw.text(below, label, FAINT, ImageFont.load_default(13), anchor="ls")


def _grey(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.repeat(comp.to_bytes(values), 3, axis=2)

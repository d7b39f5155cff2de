"""Encode the pictures of a frame range as an H.264 movie."""

from __future__ import annotations

import argparse
from pathlib import Path

import imageio.v3 as iio

from outline.frames import parse_range

FRAMES_PER_SECOND = 24


def encode(pictures: list[Path], movie: Path, *, loops: int) -> None:
    """Write the pictures one after the other, the whole shot ``loops`` times over."""
    shot = [iio.imread(picture) for picture in pictures]
    # macro_block_size: the default would stretch the picture to a multiple of 16.
    with iio.imopen(movie, "w", plugin="FFMPEG") as writer:
        writer.write(
            shot * loops,
            fps=FRAMES_PER_SECOND,
            codec="libx264",
            pixelformat="yuv420p",
            macro_block_size=2,
            output_params=["-crf", "16", "-movflags", "+faststart"],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", required=True, help="pattern such as shot.%%04d.png")
    parser.add_argument("--frames", required=True, help="frame range, such as 1-24")
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--loops", type=int, default=4, help="one swing lasts only a second")
    options = parser.parse_args()
    pictures = [Path(options.input % frame) for frame in parse_range(options.frames)]
    encode(pictures, options.output, loops=options.loops)
    print(f"movie: {options.output} ({options.output.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()

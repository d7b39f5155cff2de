"""Render frames of the shot here and now, without a farm: for trying out a new look.

python preview.py --frame 7 --size 640x360 --samples 8
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import comp
import scene

SAMPLES = {"depth": 4, "occlusion": 4}


def main() -> None:
    options = _options()
    # No farm has reserved cores for us, so take the whole machine.
    os.environ.setdefault("CUE_THREADS", str(os.cpu_count() or 1))
    options.out.mkdir(parents=True, exist_ok=True)
    width, height = (int(number) for number in options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        scene_file = scene.write(Path(folder), (width, height))[0]
        for frame in options.frame:
            print(_render(scene_file, frame, options))


def _render(scene_file: Path, frame: int, options: argparse.Namespace) -> Path:
    import passes  # reads CUE_THREADS

    files = []
    for name, renderer in passes.RENDERERS.items():
        files.append(scene_file.parent / f"{name}.npz")
        report = renderer(scene_file, frame, SAMPLES.get(name, options.samples), files[-1])
        print(f"{name} {frame}: {report['samples']} samples in {report['seconds']} s")
    picture = comp.composite(comp.read_passes(*files))
    output = options.out / f"preview.{frame:04d}.png"
    comp.burn_in(picture, "preview", f"{frame:04d}").save(output)
    return output


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frame", type=int, nargs="+", default=[7])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--samples", type=int, default=8, help="per pixel of the beauty pass")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "out")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""A small VFX shot as one render job: a Newton's cradle, 24 frames, eight layers.

    prep --> beauty ----+
         --> depth -----+--> composite --> movie ---------+
         --> occlusion -+              --> contact_sheet -+--> cleanup

Run it on this machine with ``cuelet run shot.py``, or hand it over with ``python shot.py``.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import tempfile
from pathlib import Path

import outline
import outline.cuerun
from outline.depend import DependType
from outline.exception import SessionException
from outline.frames import parse_range
from outline.modules.shell import Shell

HERE = Path(__file__).resolve().parent
PASSES = ("beauty", "depth", "occlusion")


class Prep(outline.Layer):
    """Build the scene once and leave it in the session for everybody else."""

    def _execute(self, frames):
        import scene

        settings = self.get_data("settings")
        width, height = settings["size"]
        Path(settings["out"]).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for file in scene.write(Path(folder), (width, height)):
                self.put_file(str(file))
                print(f"in the session: {file.name}")


class RenderPass(outline.Layer):
    """Render one pass of each frame into the session and note what it took."""

    def _execute(self, frames):
        import passes

        prep = self.get_outline().get_layer("prep")
        scene_file = Path(prep.get_file("scene.json"))
        name = self.get_name()
        samples = prep.get_data("settings")["samples"][name]
        for frame in frames:
            output = Path(self.get_path()) / f"{name}.{frame:04d}.npz"
            report = passes.RENDERERS[name](scene_file, frame, samples, output)
            self.put_data(f"frame_{frame}", report, force=True)  # a retry takes another time
            print(f"{name} {frame}: {report['samples']} samples in {report['seconds']} s")


class Composite(outline.Layer):
    """Combine the passes of each frame into a finished picture."""

    def _execute(self, frames):
        import comp

        settings = self.get_outline().get_layer("prep").get_data("settings")
        for frame in frames:
            picture = comp.composite(comp.read_passes(*pass_files(self, frame)))
            output = picture_path(Path(settings["out"]), frame)
            comp.burn_in(picture, "demo  sh010", f"{frame:04d}").save(output)
            self.put_data(f"frame_{frame}", {"path": str(output)})
            print(f"composite {frame}: {output}")


class ContactSheet(outline.Layer):
    """Lay out all frames on one page, with the passes of one of them."""

    def _execute(self, frames):
        import sheet

        settings = self.get_outline().get_layer("prep").get_data("settings")
        numbers = parse_range(settings["frames"])
        out = Path(settings["out"])
        pictures = {number: picture_path(out, number) for number in numbers}
        detail = sheet.most_telling(numbers)
        sheet.build(pictures, detail, pass_files(self, detail)).save(sheet_path(out))
        print(f"contact sheet: {sheet_path(out)}")


class Cleanup(outline.Layer):
    """Delete the passes and sum the job up, whatever became of it."""

    def _execute(self, frames):
        settings = self.get_outline().get_layer("prep").get_data("settings")
        numbers = parse_range(settings["frames"])
        summary = {"frames": len(numbers), "seconds": {}, "freed_mb": 0.0}
        for name in PASSES:
            layer = self.get_outline().get_layer(name)
            summary["seconds"][name] = round(sum(seconds_spent(layer, n) for n in numbers), 1)
            for file in Path(layer.get_path()).glob("*.npz"):
                summary["freed_mb"] += file.stat().st_size / 1e6
                file.unlink(missing_ok=True)
        summary["freed_mb"] = round(summary["freed_mb"], 1)
        self.put_data("summary", summary, force=True)
        print(summary)


def pass_files(layer, frame):
    """Return where the passes of a frame are, as their layers noted in the session."""
    layers = [layer.get_outline().get_layer(name) for name in PASSES]
    return [Path(each.get_data(f"frame_{frame}")["path"]) for each in layers]


def seconds_spent(layer, frame):
    try:
        return layer.get_data(f"frame_{frame}")["seconds"]
    except SessionException:  # that frame never finished
        return 0.0


def picture_path(out, frame):
    return out / f"sh010.{frame:04d}.png"


def movie_path(out):
    return out / "sh010.mp4"


def sheet_path(out):
    return out / "sh010_contact_sheet.png"


def build(frames, size, samples, out):
    """Describe the job: its layers, what each needs, and who waits for whom."""
    job = outline.Outline(
        "newtons-cradle", shot="sh010", show="demo", user=getpass.getuser(), frame_range=frames
    )
    prep = Prep("prep", range="1")
    beauty = RenderPass("beauty", range=frames)
    depth = RenderPass("depth", range=frames)
    occlusion = RenderPass("occlusion", range=frames)
    composite = Composite("composite", range=frames)
    movie = Shell("movie", command=encode_command(out, frames), range="1")
    contact_sheet = ContactSheet("contact_sheet", range="1")
    cleanup = Cleanup("cleanup", range="1")

    for layer in (prep, beauty, depth, occlusion, composite, movie, contact_sheet, cleanup):
        layer.set_min_cores(1)
        layer.set_min_memory(1024)
        job.add_layer(layer)
    for once in (prep, movie, contact_sheet, cleanup):
        once.set_type("Util")
    beauty.set_retry_count(2)
    depth.set_chunk(6)  # quick frames: six of them share one process
    occlusion.set_chunk(4)

    for render in (beauty, depth, occlusion):
        render.depend_on(prep)
        composite.depend_on(render, depend_type=DependType.FRAME_BY_FRAME)
    movie.depend_all(composite)
    contact_sheet.depend_all(composite)
    for last in (composite, movie, contact_sheet):
        # Satisfied when the layer has ended, well or badly: the passes go either way.
        cleanup.depend_on(last, depend_type=DependType.LAYER_ON_LAYER)

    # Named here, shown by `cuelet run` when the job is done.
    composite.add_output("pictures", str(out / "sh010.####.png"))
    movie.add_output("movie", str(movie_path(out)))
    contact_sheet.add_output("sheet", str(sheet_path(out)))

    settings = {
        "frames": frames,
        "size": list(size),
        "samples": {"beauty": samples, "depth": 4, "occlusion": 4},
        "out": str(out),
    }
    prep.put_data("settings", settings)
    return job


def encode_command(out, frames):
    command = [sys.executable, str(HERE / "encode.py"), "--frames", frames]
    return [*command, "--input", str(out / "sh010.%04d.png"), "--output", str(movie_path(out))]


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", default="1-24", help="frame range, such as 1-24 or 1-48x2")
    parser.add_argument("--size", type=parse_size, default=(640, 360), help="such as 640x360")
    parser.add_argument("--samples", type=int, default=8, help="per pixel of the beauty pass")
    parser.add_argument("--out", type=Path, default=HERE / "out", help="folder of the results")
    return parser.parse_args()


def parse_size(text):
    width, height = (int(number) for number in text.split("x"))
    if width % 2 or height % 2:
        raise argparse.ArgumentTypeError("a movie needs an even width and height")
    return width, height


def main():
    options = parse_options()
    out = options.out.resolve()
    job = build(options.frames, options.size, options.samples, out)
    outline.cuerun.launch(job)
    print(f"launched {job.get_name()}; the results will be in {out}")


if __name__ == "__main__":
    main()

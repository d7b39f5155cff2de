"""Layer classes that can be imported where the frame runs."""

import outline
from outline.io import Path


class Single(outline.Frame):
    def _execute(self, frames):
        print("fact: single", list(frames))


class Hooked(outline.Layer):
    def _setup(self):
        print("fact: _setup", self.get_name())
        self.put_data("made", {"by": "setup", "list": [1, 2.5, None, "x"]})

    def _before_execute(self):
        print("fact: _before_execute")

    def _execute(self, frames):
        print("fact: _execute", list(frames), self.get_data("made"), self.get_arg("colour"))

    def _after_execute(self):
        print("fact: _after_execute")

    def _after_init(self, ol):
        print("fact: _after_init", ol.get_name())

    def _after_parented(self, parent):
        print("fact: _after_parented", parent.get_name())


class Needy(outline.Layer):
    def __init__(self, name, **args):
        outline.Layer.__init__(self, name, **args)
        self.require_arg("scene")
        self.require_arg("quality", int)


class Writer(outline.Layer):
    def _execute(self, frames):
        path = self.get_output("image").get_path()
        print(
            "fact: directory is there",
            Path(path).exists() or __import__("os").path.isdir(__import__("os").path.dirname(path)),
        )
        if self.get_arg("really", True):
            open(path, "w").write("x")


class Announcing(outline.LayerPreProcess):
    def _execute(self, frames):
        self.add_output("found", Path("/tmp/found.txt"))
        print("fact: announcing")


class Reading(outline.Layer):
    def _execute(self, frames):
        print("fact: outputs", sorted(self.get_outputs()), self.get_output("found").get_path())

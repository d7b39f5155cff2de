"""A layer that keeps files and data in its session."""

import os

import outline


class Reader(outline.Layer):
    def _setup(self):
        with open("scene.ma", "w") as stream:
            stream.write("scene")
        self.put_file("scene.ma")
        self.put_file("scene.ma", rename="renamed.ma")
        self.sym_file(os.path.abspath("scene.ma"), rename="linked.ma")
        self.put_data("settings", {"size": [1920, 1080], "name": "x", "on": True, "none": None})
        self.get_outline().put_data("shared", [1, 2, 3])
        self.get_outline().put_file("scene.ma", rename="shared.ma")

    def _execute(self, frames):
        ol = self.get_outline()
        print("fact:", sorted(self.get_data("settings").items()), ol.get_data("shared"))
        for name in ("scene.ma", "renamed.ma", "linked.ma"):
            print("fact:", name, open(self.get_file(name)).read())
        print("fact:", open(ol.get_file("shared.ma")).read())
        print(
            "fact:",
            os.path.basename(self.get_path()),
            os.path.basename(self.get_file("new", new=True)),
        )
        print("fact:", os.path.relpath(self.get_path(), self.get_session().get_path()))
        for check in ({}, {"check": False}):
            try:
                print("fact:", os.path.basename(self.get_file("absent", **check)))
            except outline.SessionException:
                print("fact: SessionException")
        try:
            self.get_data("absent")
        except Exception:
            print("fact: no such data")
        self.put_data("frame%d" % frames[0], "done")
        self.put_data("frame%d" % frames[0], "again", force=True)
        print("fact:", self.get_data("frame%d" % frames[0]))

"""The job of the flow 01-readme-example."""

from outline import Layer, Outline
from outline.modules.shell import Shell


class Prep(Layer):
    def _execute(self, frames):
        self.put_data("settings", {"colour": "teal"})


class Report(Layer):
    def _execute(self, frames):
        settings = self.get_outline().get_layer("prep").get_data("settings")
        print("rendered in", settings["colour"])


job = Outline("hello-v001", show="demo", shot="sh010")
prep = Prep("prep", range="1")
render = Shell("render", command=["sh", "-c", "echo frame #IFRAME#"], range="1-20", chunk=5)
report = Report("report", range="1")
render.depend_on(prep)  # no frame of render starts before prep is done
report.depend_on(render)  # one frame waits for the whole layer
for layer in (prep, render, report):
    job.add_layer(layer)

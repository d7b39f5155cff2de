"""The job of the flow 04-pre-process."""

from outline import Layer, LayerPreProcess, Outline


class Pre(LayerPreProcess):
    def _execute(self, frames):
        self.put_data("cfg", {"n": 7})


class Main(Layer):
    def _execute(self, frames):
        print("got", self.get_child("prepare").get_data("cfg")["n"])


job = Outline("prepost", show="demo", shot="sh010")
main = Main("main", range="1-2")
main.set_min_cores(0.25)
main.set_min_memory(256)
main.add_child(Pre("prepare"))
job.add_layer(main)

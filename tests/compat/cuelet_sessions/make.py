"""Make the golden sessions with the Cuelet that PYTHONPATH names: ``python make.py FOLDER``.

Done once for a format, from a copy of this folder and of the source of the commit that is to be kept, all of it in the
neutral place the sessions name, with a Python that has PyYAML and cloudpickle and no Cuelet of its own::

    cp -r tests/compat/cuelet_sessions /tmp/cuelet-golden/scripts
    git archive COMMIT src | tar x -C /tmp/cuelet-golden
    PYTHONPATH=/tmp/cuelet-golden/src python /tmp/cuelet-golden/scripts/make.py FOLDER

The sessions here are those of commit f03e9f1, format 2, Python 3.11, cloudpickle 3.1.3; they are never made again.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import outline
from outline import event
from outline.depend import DependType
from outline.io import FileSpec
from outline.layer import Layer, LayerPostProcess, LayerPreProcess, OutlinePostCommand
from outline.modules.shell import PyEval, Shell, ShellCommand, ShellScript, ShellSequence

HERE = Path(__file__).resolve().parent
NEUTRAL = "/tmp/cuelet-golden"
SAID = {"SHOW": "demo", "SHOT": "shot010", "USER": "ada"}
SAID |= {"OUTLINE_OUTLINE_SESSION_DIR": f"{NEUTRAL}/made"}


def plain() -> outline.Outline:
    """Return layers that JSON can hold: commands, processes, children, depends of every type."""
    ol = outline.Outline("plain", frame_range="1-6", maxcores=8)
    ol.set_env("FROM_OUTLINE", "a=b")
    ol.set_env("FROM_OUTLINE_PRE", "c", pre=True)
    ol.set_arg("season", 2)
    ol.set_priority(7)
    ol.put_data("palette", ["red", "green"])
    ol.put_file(HERE / "note.txt")
    command = ["sh", "-c", "echo $FROM_OUTLINE $FROM_LAYER $OL_LAYER_RANGE #IFRAME#"]
    render = Shell(
        "beauty-render",
        command=command,
        range="1-6",
        chunk=2,
        cores=2,
        memory="2g",
        tags="linux|nuke",
        limits="arnold",
        service="arnold",
        retries=2,
        timeout=5,
        env={"FROM_LAYER": "ä"},
        type="Render",
    )
    ol.add_layer(render)
    render.put_data("lights", {"key": 1.5, "names": ["sun", "ä"]})
    render.put_file(HERE / "note.txt", rename="lights.txt")
    render.sym_file(HERE / "note.txt", rename="linked.txt")
    render.add_input("scene", f"{NEUTRAL}/scripts/note.txt")
    render.add_output("image", FileSpec("/tmp/cuelet-golden-out/beauty.1-6@@@@.exr", checked=False))
    render.add_child(PyEval("child", code="print('child', frame, layer.get_name())"))
    before = LayerPreProcess("prepare")
    render.add_child(before)
    before.put_data("seen", [1, 2])
    render.add_child(LayerPostProcess("publish"))
    for number, kind in enumerate(
        (
            DependType.FrameByFrame,
            DependType.LayerOnLayer,
            DependType.PreviousFrame,
            DependType.LayerOnSimFrame,
            DependType.LayerOnAny,
            DependType.LAYER_ON_LAYER,
        )
    ):
        waiting = Shell(f"waiting-{number}", command=["echo", "#IFRAME#"])
        ol.add_layer(waiting)
        waiting.depend_on(render, kind, propigate=number == 1)
    ol.add_layer(ShellSequence("sequence", commands=[["echo", "one"], ["echo", "two"]]))
    ol.add_layer(ShellCommand("single", command="echo single", require="sequence:all"))
    ol.add_layer(ShellScript("script", script=str(HERE / "note.sh")))
    ol.add_layer(OutlinePostCommand("last"))
    return ol


def module() -> outline.Outline:
    """Return layers of classes that are imported from a module beside the script."""
    from studio_layers import Stamp  # type: ignore[import-not-found] # it lies beside this script

    ol = outline.Outline("module", frame_range="1-4")
    first = Stamp("stamp", quality="high", chunk=2)
    ol.add_layer(first)
    second = Stamp("again", quality="low")
    second.depend_previous(first)
    ol.add_layer(second)
    return ol


SCALE = 10


class Scaled(Layer):
    """A class of the script itself: it travels by value."""

    def __init__(self, name: str, **args: object) -> None:
        super().__init__(name, **args)
        self.pair = (1, 2)
        self.names = {"b", "a"}
        self.other: Layer | None = None

    def _execute(self, frames: object) -> None:
        other = self.other.get_name() if self.other is not None else "nobody"
        print(
            self.get_name(), [each * SCALE for each in frames], self.pair, sorted(self.names), other
        )  # type: ignore[attr-defined]
        print(self.get_arg("grain"), self.get_env("SIZE"), self.get_parent(), self.get_outline())


class Prepare(LayerPreProcess):
    """A pre-process of the script, with an output for its layer."""

    def _execute(self, frames: object) -> None:
        self.add_output("found", "/tmp/cuelet-golden-out/found.txt")
        print("prepares", self.get_creator().get_name(), list(frames))  # type: ignore[call-overload]


def listen(happened: object) -> None:
    """Say what happened."""
    print("heard", happened.type, happened.layer.get_name())  # type: ignore[attr-defined]


def by_value() -> outline.Outline:
    """Return layers that are pickled: classes of the script, sets, listeners, layers that know each other."""
    ol = outline.Outline("by-value", frame_range="1-4")
    first = Scaled("first", grain=3, chunk=2, env={"SIZE": "big"})
    second = Scaled("second", service="nuke", limits="nuke")
    second.other = first
    first.other = second
    second.depend_all(first, any_frame=True)
    first.add_input("scene", "/tmp/cuelet-golden-out/scene.ma")
    first.set_input_attribute("checked", False)
    first.add_child(Scaled("inside", grain=5))
    ol.add_layer(first)
    ol.add_layer(second)
    first.add_child(Prepare("prepare"))
    for kind in (event.BEFORE_EXECUTE, event.AFTER_EXECUTE):
        first.add_event_listener(kind, listen)
    heard = Shell("heard", command=["echo", "#IFRAME#"])
    heard.add_event_listener(event.BEFORE_EXECUTE, listen)
    ol.add_layer(heard)
    return ol


if __name__ == "__main__":
    os.environ.update(SAID)
    for build in (plain, module, by_value):
        made = build()
        made.setup()
        target = Path(sys.argv[1]) / build.__name__
        shutil.copytree(made.get_session().get_path(), target, symlinks=True)

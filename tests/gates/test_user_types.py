"""Type checkers find real types in the scripts of users: every package says that it is typed, and answers with its types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
PACKAGES = ("FileSequence", "cueadmin", "cuelet", "opencue", "outline")
SCRIPT = """\
import outline
import outline.cuerun
from opencue import api
from outline import Layer, Outline
from outline.modules.shell import Shell
from outline.util import FrameSet


class Bake(Shell):
    def __init__(self, name: str, scene: str, **args: object) -> None:
        super().__init__(name, command=["bake", scene], chunk=5)


class Look(Layer):
    def _execute(self, frames: FrameSet) -> None:
        print(self.get_arg("scene"), frames)


job = Outline("typed-job", show="demo", shot="sh010")
render = Shell("render", command=["render", "#IFRAME#"], range="1-10", memory="4g", tags=["linux"])
job.add_layer(Bake("bake", "a.ma", own=3))
job.add_layer(Look("look", scene="a.ma", range=[1, 2]))
job.set_env("SAMPLES", 64)
reveal_type(render)  # outline.modules.shell.Shell
reveal_type(render.set_arg)  # def (key: str, value: Any)
reveal_type(job.get_layer("bake"))  # outline.layer.Layer
reveal_type(outline.plan(job))  # outline.planning.model.Plan
for launched in outline.cuerun.launch(job, pause=True, env={"A": 1}):
    reveal_type(launched)  # opencue.wrappers.job.Job
    reveal_type(launched.getLayers())  # list[opencue.wrappers.layer.Layer]
for local in outline.cuerun.launch(job, backend="local", threads=2):
    reveal_type(local)  # outline.backend.local.LocalJob
reveal_type(api.getJobs(show=["demo"]))  # list[opencue.wrappers.job.Job]
reveal_type(api.findJob("a").getFrames())  # list[opencue.wrappers.frame.Frame]
reveal_type(api.createShow("demo"))  # opencue.wrappers.show.Show
Shell("wrong", command=["ls"], chunk="two")  # error: arg-type
Shell("wrong", command=5)  # error: arg-type
render.set_arg(5, "x")  # error: arg-type
render.set_memroy(4)  # error: attr-defined
outline.cuerun.launch(job, pause="yes")  # error: call-overload
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (SRC / package / "py.typed").is_file()


@pytest.mark.slow
def test_a_script_of_a_user_is_checked_against_real_types(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--no-error-summary"]
    done = subprocess.run(
        [*command, "--config-file=", "job.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    text_of_all = done.stdout.replace("builtins.", "")  # older versions of mypy say it
    said = {
        int(line): re.sub(r"^(note: Revealed type is \"(.*)\"|error: .*\[(.*)\])$", r"\2\3", text)
        for line, text in re.findall(r"^job\.py:(\d+): (.*)$", text_of_all, re.MULTILINE)
        if not text.startswith(("note: Possible", "note:     "))
    }
    wanted = {
        number: mark.removeprefix("error: ")
        for number, line in enumerate(SCRIPT.splitlines(), 1)
        if (mark := line.partition("  # ")[2])
    }
    assert said == wanted, done.stdout

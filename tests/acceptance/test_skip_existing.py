"""Frames whose outputs are there and up to date do not run again."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.conftest import FarmBox, wait_until

SCRIPT = """
import os
import mylook
import outline
from outline import Layer, Outline
from outline.io import FileSpec
from outline.modules.shell import Shell

class Stamp(Layer):
    def _execute(self, frames):
        for frame in frames:
            with open("ran", "a") as log:
                log.write(f"stamp{frame}\\n")
            with open(f"stamp.{frame}.txt", "w") as file:
                file.write(f"{mylook.WORD} {self.get_arg('word')}")

ol = Outline("skips", frame_range=os.environ.get("FRAMES", "1-3"))
render = Shell("render", skip_existing=True, command=["sh", "-c", "echo r#IFRAME# >> ran; cat scene > b.#ZFRAME#.exr"])
render.set_env("LOOK", os.environ.get("LOOK", "warm"))
render.add_input("scene", "scene")
render.add_output("image", FileSpec("b.####.exr", checked=True))
comp = Shell("comp", skip_existing=True, command=["sh", "-c", "echo c#IFRAME# >> ran; cp b.#ZFRAME#.exr c.#IFRAME#.exr"])
comp.add_input("image", FileSpec("b.####.exr"))
comp.add_output("image", "c.#IFRAME#.exr")
comp.depend_on(render)
stamp = Stamp("stamp", skip_existing=True, word=os.environ.get("WORD", "hello"))
stamp.add_output("text", "stamp.#IFRAME#.txt")
stamp.depend_all(comp)
for layer in (render, comp, stamp):
    ol.add_layer(layer)
"""
RENDER, COMP, STAMP = ({f"{name}{n}" for n in (1, 2, 3)} for name in ("r", "c", "stamp"))
ALL = RENDER | COMP | STAMP


class Project:
    """The script above, and what each launch of it ran."""

    def __init__(self, farm: FarmBox) -> None:
        self.farm, self.home = farm, farm.home
        self.script = farm.home / "job.py"
        self.script.write_text(SCRIPT)
        (farm.home / "mylook.py").write_text("WORD = 'one'\n")
        (farm.home / "scene").write_text("scene one")

    def run(self, *flags: str, **env: str) -> set[str]:
        """Launch and watch; return the frames that had a process."""
        (self.home / "ran").unlink(missing_ok=True)
        self.farm.env |= env
        done = self.farm.cuelet("run", "--quiet", *flags, str(self.script))
        for name in env:
            del self.farm.env[name]
        assert done.returncode == 0, done.stdout + done.stderr
        self.printed = done.stdout
        ran = self.home / "ran"
        return set(ran.read_text().split()) if ran.exists() else set()


@pytest.fixture
def project(farm: FarmBox) -> Project:
    return Project(farm)


def test_what_is_there_and_unchanged_is_skipped_and_says_so(project: Project) -> None:
    farm = project.farm
    assert project.run() == ALL
    assert project.run() == set()

    reason = "skipped: outputs are newer than inputs and nothing changed"
    assert f"render: 3 frames (1-3) {reason}" in project.printed
    shown = farm.json("show", "skips")
    assert shown["succeeded"] == 9
    assert shown["skipped"]["comp"] == {"count": 3, "frames": "1-3"}
    assert f"stamp: 3 frames (1-3) {reason}" in farm.cuelet("show", "skips").stdout
    assert reason in farm.cuelet("why", "skips", "render", "2").stdout
    assert farm.cuelet("logs", "skips", "2-render").stdout == f"[cuelet] {reason}\n"

    assert project.run("--force") == ALL
    log = farm.cuelet("logs", "skips", "2-render").stdout
    assert "not skipped: the launch said force" in log
    assert project.run() == set()


def test_only_what_changed_runs_again_and_what_is_made_of_it(project: Project) -> None:
    assert project.run() == ALL
    home = project.home

    (home / "scene").write_text("scene two")
    assert project.run() == RENDER | COMP
    assert (home / "c.2.exr").read_text() == "scene two"

    (home / "c.2.exr").write_text("somebody's own")
    assert project.run() == {"c2"}

    (home / "b.0003.exr").unlink()
    assert project.run() == {"r3", "c3"}
    (home / "b.0003.exr").write_text("")
    assert project.run() == {"r3", "c3"}

    os.utime(home / "scene", ns=(1, 1))  # another time, though older than all that was made of it
    assert project.run() == RENDER | COMP
    assert project.run() == set()


def test_another_command_environment_or_code_is_other_work(project: Project) -> None:
    assert project.run() == ALL

    assert project.run(LOOK="cold") == RENDER | COMP
    assert project.run() == RENDER | COMP
    assert project.run(WORD="bye") == STAMP
    assert (project.home / "stamp.2.txt").read_text() == "one bye"
    assert project.run() == STAMP
    (project.home / "mylook.py").write_text("WORD = 'two'\n")
    assert project.run() == STAMP
    text = SCRIPT.replace("cat scene >", "cat < scene >")
    project.script.write_text(text)
    assert project.run() == RENDER | COMP
    project.script.write_text(text.replace("file.write(f", "file.write('' + f"))
    assert project.run() == STAMP
    assert project.run() == set()


def test_a_longer_range_adds_its_frames_only(project: Project) -> None:
    assert project.run() == ALL
    assert project.run(FRAMES="1-4") == {"r4", "c4", "stamp4"}
    assert project.run(FRAMES="2-4") == set()


def test_a_frame_retried_by_hand_runs(project: Project) -> None:
    project.run()
    assert project.run() == set()

    farm = project.farm
    assert farm.cuelet("retry", "skips", "--layer", "stamp", "--frames", "2").returncode == 0
    assert farm.cuelet("watch", "skips", "--quiet").returncode == 0

    assert set((project.home / "ran").read_text().split()) == {"stamp2"}
    assert project.run() == set()


def test_a_launch_says_it_for_all_layers_or_for_none(project: Project) -> None:
    project.script.write_text(SCRIPT.replace("skip_existing=True, ", ""))
    assert project.run() == ALL
    assert project.run() == ALL  # nobody asked, so nothing is known
    assert project.run("--skip-existing") == ALL
    assert project.run("--skip-existing") == set()

    launching = (
        project.script.read_text()
        + "import outline.cuerun\noutline.cuerun.launch(ol, skip_existing=WHETHER)\n"
    )
    project.script.write_text(launching.replace("WHETHER", "False"))
    assert project.run() == ALL
    project.script.write_text(launching.replace("WHETHER", "True"))
    assert project.run("--force") == ALL
    assert project.run() == set()


def test_what_is_known_survives_a_crash_of_the_farm(project: Project) -> None:
    project.run()
    project.farm.kill()

    assert project.run() == set()
    project.farm.kill()
    project.farm.start()
    assert project.farm.json("show", "skips")["skipped"]["render"]["count"] == 3


def test_a_run_that_outlives_the_farm_is_known_afterwards(farm: FarmBox) -> None:
    script = farm.home / "slow.py"
    script.write_text(
        "from outline import Outline\n"
        "from outline.modules.shell import Shell\n"
        "ol = Outline('slow')\n"
        "one = Shell('one', range='1', skip_existing=True, command=['sh', '-c',"
        " 'echo x >> ran; while ! test -e go; do sleep 0.05; done; echo y > out'])\n"
        "one.add_output('file', 'out')\n"
        "ol.add_layer(one)\n"
    )
    assert farm.cuelet("run", "--raw", "--detach", str(script)).returncode == 0
    wait_until((farm.home / "ran").exists)
    os.kill(int(farm.info["pid"]), signal.SIGKILL)
    (farm.home / "go").touch()
    wait_until((farm.home / "out").exists)
    assert farm.cuelet("watch", "slow", "--quiet").returncode == 0

    assert farm.cuelet("run", "--raw", "--quiet", str(script)).returncode == 0

    assert (farm.home / "ran").read_text() == "x\n"


def test_a_local_job_runs_all_and_says_that(box: FarmBox) -> None:
    project = Project(box)

    assert project.run("--local") == ALL
    done = box.cuelet("run", "--local", str(project.script))

    assert (
        "note: layer render: skip_existing needs the embedded farm; all of its frames run"
        in done.stderr
    )


def test_a_layer_that_names_no_output_cannot_skip(box: FarmBox) -> None:
    script = box.home / "job.py"
    script.write_text(
        "from outline import Outline\n"
        "from outline.modules.shell import Shell\n"
        "ol = Outline('none')\n"
        "ol.add_layer(Shell('render', command=['true'], skip_existing=True))\n"
    )

    done = box.cuelet("run", str(script))

    assert done.returncode == 1
    assert "say what its frames make with layer.add_output" in done.stderr


def test_the_plan_shows_what_is_checked_and_what_is_skipped(box: FarmBox) -> None:
    project = Project(box)

    done = box.cuelet("plan", "--json", str(project.script))

    layers = json.loads(done.stdout)["plans"][0]["layers"]
    assert [(each["checked"], each["skip_existing"]) for each in layers] == [
        (["image"], True),
        ([], True),
        ([], True),
    ]
    shown = box.cuelet("plan", str(project.script)).stdout
    assert "checked image; skips what is there" in shown

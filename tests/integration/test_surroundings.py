"""Frames on hosts of a stock Cuebot go on where the job was launched, with what of its environment travels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outline._session import surroundings
from tests import rqd
from tests.conftest import SRC

FOLDERS = st.lists(st.sampled_from(["/a", "/b", "/c", "/d", "/e"]), unique=True, max_size=5)

SCRIPT = """
import outline, os
from outline.modules.shell import Shell

class Tell(outline.Layer):
    def _execute(self, frames):
        print(os.getcwd())
        print(os.environ["PATH"])
        print(*(os.environ.get(name) for name in ("KEPT", "SECRET", "SET")))

ol = outline.Outline("tells", frame_range="1", show="demo", shot="sh010")
ol.set_env("SET", "by script")
ol.add_layer(Tell("tell"))
ol.add_layer(Shell("tool", command=["./tool"]))
ol.setup()
session = ol.get_session()
session.record_surroundings(os.getcwd(), os.environ)
print(session.get_path())
"""


class Job:
    """A session that was launched in a project, and the host's home that is another one.

    Args:
        base: A folder.
    """

    def __init__(self, base: Path) -> None:
        self.project = base / "project"
        self.bin = self.project / "bin"
        self.bin.mkdir(parents=True)
        tool = self.project / "tool"
        tool.write_text("#!/bin/sh\necho the tool\n")
        tool.chmod(0o755)
        self.home = base / "home"
        self.home.mkdir()
        self.session = self._launch(base)

    def _launch(self, base: Path) -> Path:
        script = base / "job.py"
        script.write_text(SCRIPT)
        env = {
            "HOME": str(self.home),
            "PYTHONPATH": str(SRC),
            "PATH": f"{self.bin}:/no/such/folder:/usr/bin:{self.home}:relative",
            "OUTLINE_OUTLINE_KEEP_ENV": "KEPT, SET",
            "KEPT": "kept",
            "SECRET": "secret",
            "SET": "by shell",
        }
        done = subprocess.run(
            [sys.executable, str(script)], cwd=self.project, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    def argv(self, layer: str) -> list[str]:
        pycuerun = [sys.executable, "-P", "-m", "outline.pycuerun"]
        return [*pycuerun, str(self.session), "-e", f"1-{layer}"]

    def env(self, **env: str) -> dict[str, str]:
        return {**rqd.STOCK_ENV, "HOME": str(self.home), "PYTHONPATH": str(SRC), **env}

    def frame(self, layer: str, **env: str) -> list[str]:
        ended, said = rqd.run(self.argv(layer), self.env(**env))
        assert ended == 0, said
        return said.decode().splitlines()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("launch"))


def test_a_frame_goes_on_as_the_launch_was(job: Job) -> None:
    cwd, path, variables = job.frame("tell")

    assert cwd == str(job.project)
    assert path == f"{job.bin}:/usr/bin:/bin:{job.home}"
    assert variables == "kept None by script"


def test_a_relative_program_is_found(job: Job) -> None:
    assert job.frame("tool") == ["the tool"]


def test_a_farm_of_ours_sets_them_itself(job: Job) -> None:
    env = job.env(CUELET_RUN_ID="1")
    done = subprocess.run(job.argv("tell"), env=env, capture_output=True, text=True, check=True)

    cwd, path, variables = done.stdout.splitlines()

    assert cwd == os.getcwd()
    assert path == rqd.STOCK_ENV["PATH"]
    assert variables == "None None by script"


def test_paths_are_mapped_by_the_host(tmp_path: Path) -> None:
    job = Job(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    job.project.rename(elsewhere)

    cwd, path, _ = job.frame("tell", CUELET_PATH_MAP=f'{{"{job.project}": "{elsewhere}"}}')

    assert cwd == str(elsewhere)
    assert path.startswith(f"{elsewhere}/bin:")


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.project.rename(tmp_path / "elsewhere")

    note, cwd, *_ = job.frame("tell")

    assert note == (
        f"note: the job was launched in {job.project}, which this host cannot enter "
        f"(No such file or directory); the frame starts in {os.getcwd()}"
    )
    assert cwd == os.getcwd()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not json", '{"version": 2}'])
def test_surroundings_of_another_version_are_left_alone(job: Job, text: str) -> None:
    file = job.session / "surroundings.json"
    kept = file.read_text()
    try:
        file.write_text(text)
        assert job.frame("tell")[0] == os.getcwd()
    finally:
        file.write_text(kept)


@given(FOLDERS, FOLDERS)
def test_every_folder_of_a_path_is_looked_into_once(launched: list[str], own: list[str]) -> None:
    front, back = surroundings.split_path(launched, own)
    made = [*front, *own, *back]

    assert sorted(made) == sorted({*launched, *own})
    assert [each for each in launched if each not in own] == [*front, *back]
    assert all(
        launched.index(each) < launched.index(o) for each in front for o in own if o in launched
    )

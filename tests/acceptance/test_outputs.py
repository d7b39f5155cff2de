"""A layer's outputs are part of its success, from the script to what people are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import FarmBox

SCRIPT = """
from outline import Outline
from outline.io import FileSpec
from outline.modules.shell import Shell

ol = Outline("checked", frame_range="1-4")
render = Shell("render", chunk={chunk}, retries=1, command=["sh", "-c", "echo #IFRAME# >> ran; test -e broken || echo x > b.#ZFRAME#.exr"])
render.add_output("image", FileSpec("b.####.exr", checked=True))
then = Shell("then", command=["sh", "-c", "echo done > then"], range="1")
then.depend_all(render)
ol.add_layer(render)
ol.add_layer(then)
"""


@pytest.fixture
def script(box: FarmBox) -> Path:
    path = box.home / "checked.py"
    path.write_text(SCRIPT.format(chunk=1))
    return path


@pytest.mark.parametrize("how", [(), ("--raw",)], ids=["pycuerun", "raw"])
def test_frames_without_their_outputs_are_dead_and_say_so(
    farm: FarmBox, script: Path, how: tuple[str, ...]
) -> None:
    (farm.home / "broken").touch()

    done = farm.cuelet("run", *how, "--quiet", str(script))

    image = farm.home / "b.0002.exr"
    assert done.returncode == 7, done.stderr
    assert "output" in done.stdout
    assert (farm.home / "ran").read_text().split().count("2") == 2  # it was tried again
    shown = farm.json("show", "checked")
    dead = {frame["name"]: frame for frame in shown["dead_frames"]}
    assert dead["0002-render"]["exit_status"] == 310
    assert dead["0002-render"]["reason"] == f"exit 0, but output {image} is missing"
    why = farm.cuelet("why", "checked", "render", "2").stdout
    assert f"last error: exit 0, but output {image} is missing" in why
    assert (
        f"exit 0, but output {image} is missing"
        in farm.cuelet("logs", "checked", "2-render").stdout
    )
    table = farm.cuelet("show", "checked").stdout
    assert "4 frames: render 1-4" in table  # one cause, though each lacks another file
    assert not (farm.home / "then").exists()

    (farm.home / "broken").unlink()
    assert farm.cuelet("retry", "checked").returncode == 0
    assert farm.cuelet("watch", "checked", "--quiet").returncode == 0
    assert image.read_text() == "x\n"
    assert (farm.home / "then").exists()


def test_every_frame_of_a_chunk_has_to_have_its_output(farm: FarmBox, script: Path) -> None:
    script.write_text(SCRIPT.format(chunk=4).replace("test -e broken", "test #IFRAME# -gt 2"))

    done = farm.cuelet("run", "--raw", "--quiet", str(script))

    assert done.returncode == 7
    (dead,) = farm.json("show", "checked")["dead_frames"]
    image = farm.home / "b.0003.exr"
    assert dead["reason"] == f"exit 0, but output {image} is missing, and 1 more"


@pytest.mark.parametrize("how", [(), ("--raw",)], ids=["pycuerun", "raw"])
def test_a_local_job_checks_them_too(box: FarmBox, script: Path, how: tuple[str, ...]) -> None:
    (box.home / "broken").touch()

    done = box.cuelet("run", "--local", *how, "--json", str(script))

    assert done.returncode == 7, done.stderr
    dead = json.loads(done.stdout)[0]["dead_frames"]
    assert dead[0]["reason"] == f"exit 0, but output {box.home / 'b.0001.exr'} is missing"
    assert dead[0]["attempts"] == 2
    (box.home / "broken").unlink()
    assert box.cuelet("run", "--local", *how, str(script)).returncode == 0

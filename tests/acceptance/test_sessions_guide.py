"""The sessions guide, every block as printed, on a farm of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import seeds
from tests.conftest import FarmBox


@pytest.fixture
def guide_box(farm: FarmBox) -> FarmBox:
    """Return a farm where the guide's paths lead into the test's folder."""
    farm.env["CUELET_PATH_MAP"] = json.dumps(
        {old: f"{farm.home}/mapped{old}" for old in ("/path", "/renders")}
    )
    return farm


def session_of(box: FarmBox, name: str) -> Path:
    """Return the only session directory of a job."""
    (found,) = (box.home / ".opencue" / "sessions").glob(f"*{name}/*")
    return found


def test_the_render_composite_exchange_with_classes_of_the_script_itself(
    guide_box: FarmBox,
) -> None:
    block = seeds.guide_block("from outline import Layer, Outline", "ol.add_layer(composite)")
    script = guide_box.home / "exchange.py"
    script.write_text(block)

    done = guide_box.cuelet("run", str(script))

    assert done.returncode == 0, done.stderr + done.stdout
    for frame in range(1, 11):
        log = guide_box.cuelet("logs", "pipeline-job", f"{frame}-composite").stdout
        assert f"Compositing: /renders/frame_{frame:04d}.exr" in log
    data = session_of(guide_box, "pipeline-job") / "layers" / "render" / "data"
    assert len(list(data.iterdir())) == 10


def test_the_session_lies_where_the_guide_says(guide_box: FarmBox) -> None:
    script = guide_box.home / "job.py"
    script.write_text(
        "from outline import Outline\nfrom outline.modules.shell import Shell\n"
        "ol = Outline('where', show='show', shot='shot', user='user')\n"
        "ol.add_layer(Shell('layer_name', command=['true'], range='1-1'))\n"
    )

    guide_box.cuelet("run", str(script))

    session = session_of(guide_box, "show-shot-user_where")
    assert session.parent.name == "show-shot-user_where"
    assert len(session.name) == 36
    assert session.stat().st_mode & 0o777 == 0o700


PREPARE = """
from outline import Layer, Outline
{block}
import os
class Check(Layer):
    def _execute(self, frames):
        pass
ol = Outline("handoff-job", show="show", shot="shot", user="user")
ol.add_layer(render)
"""


def test_the_pre_process_runs_once_before_any_frame_and_hands_its_data_over(
    guide_box: FarmBox,
) -> None:
    block = seeds.guide_block(
        "from outline import LayerPreProcess", 'render.add_child(PrepareScene("prepare"))'
    )
    block = block.replace(
        'config = self.get_child("prepare").get_data("scene_config")',
        'config = self.get_child("prepare").get_data("scene_config"); print("uses", config)',
    )
    script = guide_box.home / "handoff.py"
    script.write_text(PREPARE.format(block=block))

    done = guide_box.cuelet("run", str(script))

    assert done.returncode == 0, done.stderr + done.stdout
    show = guide_box.json("show", "handoff-job")
    layers = {layer["name"]: layer for layer in show["layers"]}
    assert layers["render_prepare"]["frames"] == 1
    assert layers["render"]["succeeded"] == 100
    assert {(d["layer"], d["on"]) for d in show["depends"]} == {("render", "render_prepare")}
    log = guide_box.cuelet("logs", "handoff-job", "100-render").stdout
    assert "uses {'path': '/path/to/prepared/scene.ma', 'ready': True}" in log


FILES = """
from outline import Outline
from outline.modules.shell import Shell
ol = Outline("files-job", show="show", shot="shot", user="user")
layer = Shell("layer_name", command=["true"], range="1-1")
ol.add_layer(layer)
{blocks}
import outline
outline.cuerun.launch(ol)
print("PATH", path)
print("HAS", open(path).read())
"""


def test_files_data_links_and_folders_are_staged_before_setup(guide_box: FarmBox) -> None:
    source = guide_box.home / "mapped" / "path" / "to"
    source.mkdir(parents=True)
    (source / "scene.ma").write_text("the scene")
    (source / "large_cache.abc").write_text("the cache")
    lines = seeds.guide_lines()
    put = next(
        i for i, line in enumerate(lines) if line.startswith("# Copy with original filename")
    )
    get = next(i for i, line in enumerate(lines) if line.startswith("# Get the session path"))
    blocks = [
        *lines[put : put + 4],
        *lines[get : get + 2],
        seeds.guide_block("layer.sym_file", "layer.sym_file"),
        seeds.guide_block("from outline.io import Path", "p.mkdir()"),
        seeds.guide_block('layer.put_data("render_settings"', "})"),
        seeds.guide_block('settings = layer.get_data("render_settings")', "print(settings"),
    ]
    script = guide_box.home / "files.py"
    script.write_text(FILES.format(blocks="\n".join(blocks)))

    done = guide_box.cuelet("run", str(script))

    assert done.returncode == 0, done.stderr + done.stdout
    session = session_of(guide_box, "files-job")
    folder = session / "layers" / "layer_name"
    assert "[1920, 1080]" in done.stdout
    assert f"PATH {folder}/main_scene" in done.stdout
    assert "HAS the scene" in done.stdout
    assert (folder / "scene.ma").read_text() == "the scene"
    assert (folder / "large_cache.abc").is_symlink()
    assert (folder / "large_cache.abc").read_text() == "the cache"
    assert (guide_box.home / "mapped" / "path" / "in" / "session").is_dir()

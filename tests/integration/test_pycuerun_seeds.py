"""Every Python block of the two founding documents, run as printed up to the job specification."""

from __future__ import annotations

import json
import os
import re
import sys
import types
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

import outline
from outline.backend import cue

ROOT = Path(__file__).resolve().parents[2]
SEEDS = Path(os.environ.get("CUELET_SEEDS") or ROOT.parent / "shared" / "seeds")
TUTORIAL = "000_05a211c4f8929870.txt"
GUIDE = "003_c0025f97735479da.txt"

pytestmark = pytest.mark.skipif(
    not (SEEDS / TUTORIAL).is_file(), reason=f"no seeds in {SEEDS}; set CUELET_SEEDS"
)


DONE = types.SimpleNamespace(is_success=True)
"""The end of every job."""


class FakeFarm(types.ModuleType):
    """Stands in for opencue: takes specifications, runs nothing."""

    def __init__(self) -> None:
        super().__init__("opencue")
        self.specs: list[str] = []
        self.retries: list[int] = []
        self.api = types.SimpleNamespace(launchSpecAndWait=self.take)
        self.ending = types.ModuleType("opencue.ending")
        self.ending.watch = lambda *_: [(None, DONE)]  # type: ignore[attr-defined]
        self.ending.Patience = lambda *_: None  # type: ignore[attr-defined]
        self.exception = types.ModuleType("opencue.exception")
        self.exception.CueException = RuntimeError  # type: ignore[attr-defined]
        self.cuebot = types.SimpleNamespace()
        self.farm = types.ModuleType("opencue.farm")
        self.farm.info = lambda: {"pid": 1}  # type: ignore[attr-defined]

    def take(self, xml: str, timeout_s: float | None = None) -> list[types.SimpleNamespace]:
        self.specs.append(xml)
        job = types.SimpleNamespace(name=lambda: "job", id=lambda: "id")
        job.setMaxRetries, job.resume = self.retries.append, lambda: None
        return [job]


@pytest.fixture(autouse=True)
def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFarm]:
    fake = FakeFarm()
    monkeypatch.setitem(sys.modules, "opencue", fake)
    for name in ("farm", "ending", "exception"):
        monkeypatch.setitem(sys.modules, f"opencue.{name}", getattr(fake, name))
    # it has no shows and hosts to look at
    monkeypatch.setattr("outline.backend._prospects.look_ahead", lambda job: ())
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OUTLINE_CONFIG_FILE", "OL_CONFIG", "CUELET_PATH_MAP", "OL_LAYER_RANGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"SHOW": "demo", "SHOT": "shot010", "USER": "artist01"}.items():
        monkeypatch.setenv(name, value)
    outline.config.reload()
    before = dict(os.environ)
    yield fake
    os.environ.clear()
    os.environ.update(before)
    outline.Outline.current = None


def tutorial_blocks() -> list[str]:
    text = (SEEDS / TUTORIAL).read_text()
    found = re.findall(r"^( *)```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [
        "\n".join(line.removeprefix(indent) for line in body.split("\n")) for indent, body in found
    ]


def tutorial() -> dict[str, object]:
    """Run every block of the tutorial in one namespace, as a reader would."""
    names: dict[str, object] = {"__name__": "tutorial", "job": FakeJob()}
    for block in tutorial_blocks():
        exec(compile(block, TUTORIAL, "exec"), names)
    return names


class FakeJob:
    def getLayers(self) -> list[object]:
        return []


def sent(farm: FakeFarm) -> tuple[ET.Element, dict[str, dict[str, object]]]:
    root = ET.fromstring(farm.specs[-1])
    text = root.findtext("cuelet")
    assert text is not None
    return root, json.loads(text)


def test_the_tutorial_has_all_its_blocks() -> None:
    assert len(tutorial_blocks()) == 10


def test_the_first_script_launches_from_the_shell(
    farm: FakeFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(tutorial_blocks()[0], TUTORIAL, "exec"), {"__name__": "__main__"})

    assert capsys.readouterr().out == "Submitted sequential pipeline: sequential-pipeline-v001\n"
    root, extension = sent(farm)
    assert [layer.get("name") for layer in root.iter("layer")] == [
        "asset_prep",
        "beauty_render",
        "composite",
    ]
    assert extension["layers"]["asset_prep"] == {
        "title": "asset-prep",
        "argv": [
            *("python", "/shared/scripts/prep_assets.py", "--shot", "shot010"),
            *("--frame", "#IFRAME#", "--output", "/shared/cache/shot010/"),
        ],
        "each": "frame",
        "cores": 1.0,
        "memory_mb": 2048,
    }
    assert root.findtext("job/layers/layer/cores") == "1.0"
    assert root.findtext("job/layers/layer/memory") == "2048m"
    assert extension["depends"][0] == {
        "layer": "beauty_render",
        "on": "asset_prep",
        "type": "FRAME_BY_FRAME",
    }


BUILDERS = [
    ("create_basic_pipeline", (), 3, 2),
    ("create_parallel_pipeline", (), 5, 6),
    ("create_frame_dependent_pipeline", (), 3, 2),
    ("create_fault_tolerant_pipeline", (), 4, 3),
    ("create_vfx_shot_pipeline", ("shot010", "1-100"), 7, 7),
    ("create_animation_feature_pipeline", ("seq020",), 8, 8),
]


@pytest.mark.parametrize("use_pycuerun", [True, False])
@pytest.mark.parametrize(("name", "args", "layers", "depends"), BUILDERS)
def test_every_pipeline_of_the_tutorial_launches(
    farm: FakeFarm, name: str, args: tuple[str, ...], layers: int, depends: int, use_pycuerun: bool
) -> None:
    names = tutorial()
    job = names[name](*args)  # type: ignore[operator]
    names["optimize_layer_resources"](job)  # type: ignore[operator]
    for layer in job.get_layers():
        names["apply_smart_chunking"](layer, 100)  # type: ignore[operator]

    assert outline.cuerun.launch(job, use_pycuerun=use_pycuerun)

    root, extension = sent(farm)
    assert len(list(root.iter("layer"))) == len(extension["layers"]) == layers
    assert len(extension["depends"]) == depends
    assert root.find("depends") is None


@pytest.mark.parametrize(("name", "args", "layers", "depends"), BUILDERS)
def test_every_pipeline_of_the_tutorial_can_go_to_a_stock_cuebot(
    farm: FakeFarm, name: str, args: tuple[str, ...], layers: int, depends: int
) -> None:
    farm.farm.info = lambda: None  # type: ignore[attr-defined]
    job = tutorial()[name](*args)  # type: ignore[operator]

    outline.cuerun.launch(job, use_pycuerun=False)

    root = ET.fromstring(farm.specs[-1])
    assert root.find("cuelet") is None
    assert len(list(root.iter("depend"))) == depends


def test_cleanup_waits_for_the_end_and_not_for_success(farm: FakeFarm) -> None:
    outline.cuerun.launch(tutorial()["create_fault_tolerant_pipeline"](), use_pycuerun=False)  # type: ignore[operator]

    _, extension = sent(farm)
    assert extension["depends"][-1] == {
        "layer": "cleanup_temp",
        "on": "main_render",
        "type": "LAYER_ON_LAYER",
        "outcome": "finished",
    }
    assert extension["layers"]["main_render"]["retries"] == 3


def test_a_command_with_quotes_and_parentheses_stays_one_argument(farm: FakeFarm) -> None:
    outline.cuerun.launch(
        tutorial()["create_vfx_shot_pipeline"]("shot010", "1-6"), use_pycuerun=False
    )  # type: ignore[operator]

    root, extension = sent(farm)
    assert extension["layers"]["layout_render"]["argv"][-1] == 'python("renderFrame(1-6)")'
    assert "'python(\"renderFrame(1-6)\")'" in root.findall("job/layers/layer/cmd")[1].text  # type: ignore[operator]
    services = [each.text for each in root.findall("job/layers/layer[5]/services/service")]
    assert services == ["maya2024", "arnold"]


# The guide has lost its indentation on the way to us.


def reindent(lines: list[str]) -> str:
    """Give back the indentation of classes with methods with loops, followed by statements."""
    depth, out = 0, []
    for line in lines:
        if line.startswith(("class ", "from ", "import ")):
            depth = 0
        elif line.startswith("def "):
            depth = 1
        elif depth and re.match(r"(ol|render|composite)\b", line) and "self." not in line:
            depth = 0
        out.append("    " * depth + line)
        if line.startswith(("class ", "def ", "for ")):
            depth += 1
    return "\n".join(out)


def guide_block(first: str, last: str) -> str:
    lines = (SEEDS / GUIDE).read_text().splitlines()
    start = lines.index(first)
    end = lines.index(last, start)
    return reindent(lines[start : end + 1])


def in_outline(name: str = "layer_name") -> tuple[outline.Outline, outline.Layer]:
    ol = outline.Outline("pipeline-job")
    layer = outline.Layer(name, range="1-10")
    ol.add_layer(layer)
    return ol, layer


def run(block: str, **names: object) -> dict[str, object]:
    scope: dict[str, object] = {"__name__": "guide", **names}
    exec(compile(block, GUIDE, "exec"), scope)
    return scope


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Path, Path]:
    scene, cache = tmp_path / "scene.ma", tmp_path / "large_cache.abc"
    scene.write_text("a scene")
    cache.write_text("a cache")
    return scene, cache


@pytest.mark.parametrize("when", ["before setup", "after setup"])
def test_files_of_the_guide(scene: tuple[Path, Path], when: str) -> None:
    ol, layer = in_outline()
    if when == "after setup":
        ol.setup()

    put = guide_block(
        "# Copy with original filename", 'layer.put_file("/path/to/scene.ma", rename="main_scene")'
    )
    link = guide_block(*['layer.sym_file("/path/to/large_cache.abc")'] * 2)
    run(put.replace("/path/to/scene.ma", str(scene[0])), layer=layer)
    run(link.replace("/path/to/large_cache.abc", str(scene[1])), layer=layer)
    path = run(guide_block(*['path = layer.get_file("main_scene")'] * 2), layer=layer)["path"]
    if when == "before setup":
        ol.setup()

    assert isinstance(path, str)
    assert Path(path).read_text() == "a scene"
    assert path == layer.get_file("main_scene")
    assert re.search(
        r"/\.opencue/sessions/demo-shot010-artist01_pipeline-job/[-\w]+/layers/layer_name/main_scene$",
        path,
    )
    assert Path(layer.get_file("scene.ma")).read_text() == "a scene"
    assert Path(layer.get_file("large_cache.abc")).is_symlink()


def test_directories_of_the_guide(tmp_path: Path) -> None:
    block = guide_block("from outline.io import Path", "p.mkdir()")

    run(block.replace("/path/in/session", str(tmp_path / "in" / "session")))

    assert (tmp_path / "in" / "session").is_dir()


def test_data_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    ol, layer = in_outline()

    run(guide_block('layer.put_data("render_settings", {', "})"), layer=layer)
    read = guide_block(
        'settings = layer.get_data("render_settings")',
        'print(settings["resolution"]) # [1920, 1080]',
    )
    run(read, layer=layer)
    ol.setup()
    run(read, layer=layer)

    assert capsys.readouterr().out == "[1920, 1080]\n[1920, 1080]\n"


def test_the_render_composite_pipeline_of_the_guide(capfd: pytest.CaptureFixture[str]) -> None:
    block = guide_block("from outline import Layer, Outline", "ol.add_layer(composite)")
    ol = run(block)["ol"]
    assert isinstance(ol, outline.Outline)
    ol.setup()

    loaded = outline.load_outline(ol.get_path() or "")
    for frame in (1, 2):
        loaded.get_layer("render").execute(frame)
        loaded.get_layer("render").execute(frame)  # a retry stores the same again
        loaded.get_layer("composite").execute(frame)

    assert capfd.readouterr().out.splitlines() == [
        "Compositing: /renders/frame_0001.exr",
        "Compositing: /renders/frame_0002.exr",
    ]


def test_the_pre_process_of_the_guide(farm: FakeFarm) -> None:
    block = guide_block(
        "from outline import LayerPreProcess", 'render.add_child(PrepareScene("prepare"))'
    )
    scope = run("from outline import Layer\n" + block)
    ol = outline.Outline("prepared")
    ol.add_layer(scope["render"])  # type: ignore[arg-type]

    outline.cuerun.launch(ol)

    _, extension = sent(farm)
    assert extension["depends"] == [
        {"layer": "render", "on": "render_prepare", "type": "LAYER_ON_LAYER"}
    ]
    loaded = outline.load_outline(ol.get_path() or "")
    loaded.get_layer("render_prepare").execute(1)
    loaded.get_layer("render").execute(7)
    data = loaded.get_layer("render").get_child("prepare").get_data("scene_config")
    assert data == {"path": "/path/to/prepared/scene.ma", "ready": True}


def test_the_fake_is_what_the_backend_asks_for() -> None:
    assert cue.server_dialect() == "cuelet"

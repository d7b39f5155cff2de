"""The multi-layer tutorial, every block as printed, on a farm of its own."""

from __future__ import annotations

import itertools
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import seeds
from tests.conftest import FarmBox, wait_until

HUNDRED = [str(n) for n in range(1, 101)]


class Studio:
    """A farm with stand-ins for the tutorial's programs."""

    def __init__(self, box: FarmBox) -> None:
        self.box = box
        self.record = box.home / "record"
        self.record.touch()
        config = seeds.write_path_map(box.home, seeds.stand_in_programs(box.home))
        box.env |= {
            "OUTLINE_CONFIG_FILE": str(config),
            "RECORD_FILE": str(self.record),
            "PATH": f"{Path(sys.executable).parent}:{box.env['PATH']}",
        }
        box.start()

    def script(self, text: str, name: str = "job.py") -> Path:
        path = self.box.home / name
        path.write_text(text)
        return path

    def launch(self, text: str, *args: str, fail: str = "") -> Any:
        """Run a script to the job's end with cuelet run; return the finished process."""
        self.box.env["RECORD_FAIL"] = fail
        return self.box.cuelet("run", "--raw", str(self.script(text)), *args)

    def events(self) -> list[seeds.Event]:
        return seeds.read_events(self.record)

    def starts(self, layer: str) -> list[seeds.Event]:
        return [e for e in self.events() if e.kind == "S" and e.layer == layer]

    def ran(self, layer: str) -> list[str]:
        """Return the frames of a layer that ran, sorted by number."""
        return sorted((e.frame for e in self.starts(layer)), key=int)

    def assert_order(self, before: str, after: str, *, counterpart: bool) -> None:
        """Check that frames of a layer start only after what they wait for has ended."""
        events = self.events()
        ended: set[str] = set()
        everything = {e.frame for e in events if e.layer == before and e.kind == "S"}
        for event in events:
            if event.layer == before and event.kind == "E":
                ended.add(event.frame)
            elif event.layer == after and event.kind == "S":
                needed = {event.frame} if counterpart and event.frame in everything else everything
                assert needed <= ended, (
                    f"{after} {event.frame} started before {before} {needed - ended}"
                )


@pytest.fixture
def studio(box: FarmBox) -> Studio:
    return Studio(box)


def test_the_sequential_pipeline_as_printed(studio: Studio) -> None:
    block = seeds.tutorial_block("def create_basic_pipeline")

    done = studio.box.python(str(studio.script(block)))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Submitted sequential pipeline: sequential-pipeline-v001"
    watched = studio.box.cuelet("watch", "sequential-pipeline-v001")
    assert watched.returncode == 0, watched.stderr
    for layer in ("asset_prep", "beauty_render", "composite"):
        assert studio.ran(layer) == HUNDRED
    studio.assert_order("asset_prep", "beauty_render", counterpart=True)
    studio.assert_order("beauty_render", "composite", counterpart=True)
    seventh = next(e for e in studio.starts("composite") if e.frame == "7")
    assert seventh.argv == [
        "recorder",
        "-x",
        f"{studio.box.home}/stand-in/shared/scripts/shot010_comp.nk",
        "--frame-range",
        "7-7",
    ]
    log = studio.box.cuelet("logs", "sequential-pipeline-v001", "7-composite").stdout
    assert re.search(r"path map\s+nuke -> .*/recorder", log), log


def test_parallel_passes_converge(studio: Studio) -> None:
    done = studio.launch(
        "import outline, outline.modules.shell\n"
        + seeds.tutorial_block("def create_parallel_pipeline")
    )

    assert done.returncode == 0, done.stderr
    passes = ("beauty_pass", "shadow_pass", "reflection_pass")
    assert studio.ran("scene_prep") == ["1"]
    for layer in (*passes, "final_composite"):
        assert studio.ran(layer) == HUNDRED
    for layer in passes:
        studio.assert_order("scene_prep", layer, counterpart=True)
        studio.assert_order(layer, "final_composite", counterpart=True)


def test_simulation_cache_and_render_follow_each_other_frame_by_frame(studio: Studio) -> None:
    done = studio.launch(
        "import outline, outline.modules.shell\n"
        + seeds.tutorial_block("def create_frame_dependent_pipeline")
    )

    assert done.returncode == 0, done.stderr
    frames = [str(n) for n in range(1, 241)]
    for layer in ("fluid_simulation", "sim_cache", "render_with_sim"):
        assert studio.ran(layer) == frames
    studio.assert_order("fluid_simulation", "sim_cache", counterpart=True)
    studio.assert_order("sim_cache", "render_with_sim", counterpart=True)
    (expression,) = [e.argv[4] for e in studio.starts("render_with_sim") if e.frame == "12"]
    assert expression == "import bpy; bpy.context.scene.frame_set(12); bpy.ops.render.render()"


def test_the_fault_tolerant_pipeline_retries_dies_and_cleans_up(studio: Studio) -> None:
    done = studio.launch(
        "import outline, outline.modules.shell\n"
        + seeds.tutorial_block("def create_fault_tolerant_pipeline"),
        fail="main_render:3,main_render:40",
    )

    assert done.returncode == 7
    assert "0003-main_render" in done.stdout
    assert "0040-main_render" in done.stdout
    assert "told to fail" in done.stdout
    tries = Counter(e.frame for e in studio.starts("main_render"))
    assert tries["3"] == tries["40"] == 4
    assert sum(tries.values()) == 98 + 8
    assert studio.ran("verify_outputs") == [n for n in HUNDRED if n not in ("3", "40")]
    assert studio.ran("cleanup_temp") == ["1"]
    assert studio.events()[-1].layer in ("cleanup_temp", "verify_outputs")
    last_main = max(i for i, e in enumerate(studio.events()) if e.layer == "main_render")
    cleanup = min(i for i, e in enumerate(studio.events()) if e.layer == "cleanup_temp")
    assert cleanup > last_main
    dead = studio.box.json("show", "fault-tolerant-v001")["dead_frames"]
    assert [(f["name"], f["retries"]) for f in dead] == [
        ("0003-main_render", 3),
        ("0040-main_render", 3),
    ]


def test_cleanup_runs_even_when_the_validation_fails(studio: Studio) -> None:
    done = studio.launch(
        "import outline, outline.modules.shell\n"
        + seeds.tutorial_block("def create_fault_tolerant_pipeline"),
        fail="validate_inputs:1",
    )

    assert done.returncode == 7
    assert studio.starts("main_render") == []
    assert studio.ran("cleanup_temp") == ["1"]


def test_the_vfx_shot_pipeline(studio: Studio) -> None:
    block = seeds.tutorial_block("def create_vfx_shot_pipeline")
    launch = "\nimport outline.cuerun\noutline.cuerun.launch(create_vfx_shot_pipeline('shot010', '1-6'), use_pycuerun=False)\n"

    done = studio.launch("import outline, outline.modules.shell\n" + block + launch)

    assert done.returncode == 0, done.stderr
    six = [str(n) for n in range(1, 7)]
    assert studio.ran("asset_preparation") == studio.ran("create_review") == ["1"]
    chain = [
        "asset_preparation",
        "layout_render",
        "animation_render",
        "fx_simulation",
        "lighting_render",
        "compositing",
    ]
    for before, after in itertools.pairwise(chain):
        assert studio.ran(after) == six
        studio.assert_order(before, after, counterpart=True)
    studio.assert_order("animation_render", "lighting_render", counterpart=True)
    studio.assert_order("compositing", "create_review", counterpart=False)
    assert {e.argv[-1] for e in studio.starts("layout_render")} == {'python("renderFrame(1-6)")'}
    layers = {
        layer["name"]: layer for layer in studio.box.json("show", "vfx-shot010-v001")["layers"]
    }
    assert layers["fx_simulation"]["cores"] == 2, "lowered to the machine"
    log = studio.box.cuelet("logs", "vfx-shot010-v001", "1-fx_simulation").stdout
    assert "16 cores asked, lowered to this machine's 2" in log


@pytest.mark.slow
def test_the_animation_feature_pipeline(studio: Studio) -> None:
    block = seeds.tutorial_block("def create_animation_feature_pipeline")
    launch = "\nimport outline.cuerun\noutline.cuerun.launch(create_animation_feature_pipeline('seq010'), use_pycuerun=False)\n"

    done = studio.launch("import outline, outline.modules.shell\n" + block + launch)

    assert done.returncode == 0, done.stderr
    chain = [
        "layout_pass",
        "animation_blocking",
        "final_animation",
        "character_beauty",
        "sequence_composite",
    ]
    frames = [str(n) for n in range(1, 481)]
    studio.assert_order("validate_storyboard", "layout_pass", counterpart=True)
    for before, after in itertools.pairwise(chain):
        assert studio.ran(after) == frames
        studio.assert_order(before, after, counterpart=True)
    studio.assert_order("final_animation", "environment_render", counterpart=True)
    studio.assert_order("environment_render", "sequence_composite", counterpart=True)
    studio.assert_order("sequence_composite", "create_playblast", counterpart=False)
    assert studio.ran("create_playblast") == ["1"]


RESOURCES = """
import outline, outline.modules.shell
{block}
def make_job():
    job = outline.Outline(name="resources-v001", shot="shot010", show="demo-project", user="artist01")
    for name in ("prep-geo", "main-render", "cloth-simulation", "final-composite"):
        job.add_layer(outline.modules.shell.Shell(name=name, command=["true"], range="1-4"))
    optimize_layer_resources(job)
    return job
"""


def test_resources_are_cores_and_megabytes(studio: Studio) -> None:
    script = studio.script(
        RESOURCES.format(block=seeds.tutorial_block("def optimize_layer_resources"))
    )
    check = (
        "import runpy; job = runpy.run_path('job.py')['make_job']();\n"
        "for l in job.get_layers(): print(l.get_name(), l.get_min_cores(), l.get_max_cores(), l.get_min_memory())"
    )

    printed = studio.box.python("-c", check)
    done = studio.box.cuelet("run", "--raw", str(script))

    assert printed.stdout.split("\n")[:4] == [
        "prep-geo 1.0 2.0 1024",
        "main-render 4.0 16.0 4096",
        "cloth-simulation 8.0 32.0 16384",
        "final-composite 2.0 8.0 2048",
    ], printed.stderr
    assert done.returncode == 0, done.stderr
    layers = {layer["name"]: layer for layer in studio.box.json("show", "resources-v001")["layers"]}
    assert (layers["prep_geo"]["cores"], layers["prep_geo"]["memory_mb"]) == (1, 1024)
    assert (layers["main_render"]["cores"], layers["main_render"]["memory_mb"]) == (2, 4096)


CHUNKS = """
import outline, outline.modules.shell
{block}
def make_job():
    job = outline.Outline(name="chunks-v001", shot="shot010", show="demo-project", user="artist01")
    for name, total in (("main-render", 13), ("cloth-simulation", 7), ("final-composite", 60)):
        command = ["nuke", "--frame", "#IFRAME#"]
        layer = outline.modules.shell.Shell(name=name, command=command, range=f"1-{{total}}")
        apply_smart_chunking(layer, total)
        job.add_layer(layer)
    return job
"""


@pytest.mark.parametrize("mode", ["--raw", "--quiet"], ids=["raw", "pycuerun"])
def test_every_frame_of_a_chunk_runs(studio: Studio, mode: str) -> None:
    script = studio.script(CHUNKS.format(block=seeds.tutorial_block("def apply_smart_chunking")))

    done = studio.box.cuelet("run", mode, str(script))

    assert done.returncode == 0, done.stderr
    layers = {layer["name"]: layer for layer in studio.box.json("show", "chunks-v001")["layers"]}
    assert {name: layer["chunk"] for name, layer in layers.items()} == {
        "main_render": 5,
        "cloth_simulation": 1,
        "final_composite": 3,
    }
    for layer, total in (("main_render", 13), ("cloth_simulation", 7), ("final_composite", 60)):
        said = sorted((e.argv[-1] for e in studio.starts(layer)), key=int)
        assert said == [str(n) for n in range(1, total + 1)]


ANALYTICS_JOB = """
import outline, outline.modules.shell
job = outline.Outline(name="analysed-v001", shot="shot010", show="demo-project", user="artist01")
burn = "t=0\\nfor i in range(3000000): t+=i"
job.add_layer(outline.modules.shell.Shell(name="burn-cpu", command=["python", "-c", burn], range="1-3"))
job.add_layer(outline.modules.shell.Shell(name="all-dead", command=["false"], range="1-2", retries=0))
"""


def test_the_analytics_print_real_figures(studio: Studio) -> None:
    studio.launch(ANALYTICS_JOB)
    block = seeds.tutorial_block("def analyze_pipeline_performance")

    done = studio.box.python("-c", block + "\nanalyze_pipeline_performance('analysed-v001')")

    assert done.returncode == 0, done.stderr
    assert "Pipeline Analysis for: analysed-v001" in done.stdout
    burn, dead = re.split(r"\nLayer: ", done.stdout)[1:]
    assert "Total Frames: 3" in burn
    assert "Failed Frames: 0" in burn
    assert float(re.search(r"Avg Cores Used: ([\d.]+)", burn)[1]) > 0
    assert 3 < float(re.search(r"Avg Memory Used: ([\d.]+) MB", burn)[1]) < 200
    assert "Failed Frames: 2" in dead
    assert "Success Rate: 0.0%" in dead


def test_the_troubleshooting_snippets(studio: Studio) -> None:
    studio.launch(
        "import outline, outline.modules.shell\n"
        + seeds.tutorial_block("def create_fault_tolerant_pipeline"),
        fail="validate_inputs:1",
    )
    job = "fault-tolerant-v001"

    listed = studio.box.cueadmin("-lji", job)
    section = listed.stdout[listed.stdout.index("Dependencies") :].splitlines()[:6]
    assert any("main_render" in line and "validate_inputs" in line for line in section), (
        listed.stdout
    )

    snippet = seeds.tutorial_block("layer.minimumCores()")
    printed = studio.box.python(
        "-c", f"import opencue\njob = opencue.api.findJob('{job}')\n" + snippet
    )
    assert "main_render: 1.0 cores," in printed.stdout, printed.stderr

    satisfied = studio.box.cueadmin("-satisfy-dependency", job, "main-render")
    assert satisfied.returncode == 0, satisfied.stderr
    wait_until(lambda: len(studio.starts("main_render")) == 100)
    wait_until(lambda: len(studio.starts("verify_outputs")) == 100)
    time.sleep(0.1)
    assert studio.ran("main_render") == HUNDRED

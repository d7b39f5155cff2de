"""``cuelet plan`` from outside: the tutorial's pipelines, what stays behind, every form of output."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests import seeds
from tests.conftest import FarmBox

IMPORTS = "import outline, outline.modules.shell\n"
PIPELINES = {
    "create_basic_pipeline": "",
    "create_parallel_pipeline": "",
    "create_frame_dependent_pipeline": "",
    "create_fault_tolerant_pipeline": "",
    "create_vfx_shot_pipeline": "job = create_vfx_shot_pipeline('shot010', '1001-1120')",
    "create_animation_feature_pipeline": "job = create_animation_feature_pipeline('seq010')",
}
SMALL = """
import outline
from outline.modules.shell import Shell
ol = outline.Outline("small-job", show="demo", shot="sh010", user="kim")
prep = Shell("prep", command=["true"], range="1")
render = Shell("render", command=["sleep", "0.0#IFRAME#"], range="1-4", chunk=2)
render.set_min_cores(1)
render.set_min_memory(256)
render.depend_on(prep)
ol.add_layer(prep)
ol.add_layer(render)
"""
LAUNCHING = (
    SMALL
    + """
import outline.cuerun
jobs = outline.cuerun.launch(ol, use_pycuerun=False)
print("launched", jobs[0].name())
"""
)


def write(box: FarmBox, text: str, name: str = "job.py") -> str:
    (box.home / name).write_text(text)
    return name


def plan(box: FarmBox, *args: str) -> Any:
    """Return the JSON document of a plan."""
    done = box.cuelet("plan", "--json", *args)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def assert_nothing_left(box: FarmBox, *expected: str) -> None:
    """Check that neither session nor farm came into being."""
    assert sorted(each.name for each in box.home.iterdir()) == sorted(expected)
    assert box.processes() == []


@pytest.mark.parametrize("function", PIPELINES)
def test_the_pipelines_of_the_tutorial_plan_without_errors(box: FarmBox, function: str) -> None:
    script = write(
        box, IMPORTS + seeds.tutorial_block(f"def {function}") + "\n" + PIPELINES[function]
    )

    done = box.cuelet("plan", script)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was launched" in done.stdout
    assert not re.search(r"^(error|warning) ", done.stdout, re.MULTILINE), done.stdout
    assert_nothing_left(box, "job.py")


@pytest.mark.parametrize("function", PIPELINES)
def test_what_a_cuebot_makes_of_them_is_no_error_either(box: FarmBox, function: str) -> None:
    script = write(
        box, IMPORTS + seeds.tutorial_block(f"def {function}") + "\n" + PIPELINES[function]
    )

    (found,) = plan(box, "--backend", "cue", script)["plans"]

    assert [each for each in found["findings"] if each["severity"] == "error"] == []


def test_the_example_plans_with_its_own_layer_classes(box: FarmBox) -> None:
    script = Path(__file__).parents[2] / "examples" / "vfx_shot" / "shot.py"

    document = plan(box, str(script), "--", "--frames", "1-6")

    assert document["status"] != "error", document["findings"]
    layers = {each["name"]: each for each in document["plans"][0]["layers"]}
    assert layers["beauty"]["range"] == "1-6"
    assert layers["beauty"]["command"] == "RenderPass._execute"


def test_a_script_that_launches_launches_nothing(box: FarmBox) -> None:
    script = write(box, LAUNCHING)

    done = box.cuelet("plan", "--json", script)

    document = json.loads(done.stdout)
    assert done.stderr == "launched demo-sh010-kim_small-job\n"
    (found,) = document["plans"]
    assert found["use_pycuerun"] is False
    assert [each["processes"] for each in found["layers"]] == [1, 2]
    assert_nothing_left(box, "job.py")


def test_what_stands_behind_the_script_is_the_scripts(box: FarmBox) -> None:
    script = write(box, SMALL + "import sys\nol.set_name('got-' + '-'.join(sys.argv[1:]) + '-end')")

    done = box.cuelet("plan", "--json", script, "one", "--range", "1-2", "--", "--json")
    meant = box.cuelet("plan", "--json", script, "--", "--range", "1-2")

    assert [each["name"] for each in json.loads(done.stdout)["plans"]] == [
        "got-one---range-1-2------json-end"
    ]
    assert done.stderr.startswith("note: --range behind the script is given to the script")
    assert json.loads(meant.stdout)["plans"][0]["name"] == "got---range-1-2-end"
    assert meant.stderr == ""


def test_the_table(box: FarmBox) -> None:
    script = write(box, SMALL)

    done = box.cuelet("plan", "--backend", "cue", "--raw", script)

    lines = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    assert lines[:10] == [
        "small-job  2 layers, 5 frames, planned for a stock Cuebot",
        "demo-sh010-kim_small_job",
        "layer   range  frames  chunk  cores  memory  retries  service  command",
        "prep    1           1      1                          shell    true",
        "render  1-4         4      1      1  256 MB           shell    sleep 0.0#IFRAME#",
        "edge             type            in words",
        "prep ==> render  FRAME_BY_FRAME  every frame waits for all of prep to succeed",
        "critical path  prep -> render: 2 frames one after another",
        "on the embedded farm  everything as written",
        "on a stock Cuebot  layer render: chunk 2 became 1, because its command is for one frame and OpenCue would run it once per chunk",
    ]


def test_one_layer_and_one_frame_in_detail(box: FarmBox) -> None:
    done = box.cuelet("plan", "--layer", "render", "--frames", "4", write(box, SMALL))

    assert "0003-render  frames 3-4\n  $ sleep 0.03\n  $ sleep 0.04\n  waits for all of prep" in (
        done.stdout
    )
    assert "0001-render" not in done.stdout


def test_every_edge_on_request(box: FarmBox) -> None:
    script = write(box, SMALL)

    (without,) = plan(box, script)["plans"]
    (found,) = plan(box, "--edges", script)["plans"]

    assert "frame_edges" not in without
    assert found["frame_edges"] == [
        {"layer": "render", "frame": 1, "on": "prep", "frames": "all"},
        {"layer": "render", "frame": 3, "on": "prep", "frames": "all"},
    ]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("prep.depend_on(render)", "P101", 13),
        ("ol.add_layer(Shell('Prep', command=['x']))", "P702", 13),
        ("Shell('x', command=['x'])", "P703", 13),
        ("render.set_chunk(0)", "P002", 13),
        ("prep.depend_on('nobody')", "P105", 13),
        ("1 / 0", "P001", 13),
        ("render.require = 1\nol.set_frame_range('50-60')", "P201", 5),
    ],
)
def test_mistakes_are_findings_with_their_line(
    box: FarmBox, text: str, code: str, line: int
) -> None:
    script = write(box, SMALL + f"\n{text}\n")

    done = box.cuelet("plan", "--json", script)

    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["status"] == "error"
    findings = document["findings"] + [f for p in document["plans"] for f in p["findings"]]
    error = next(each for each in findings if each["severity"] == "error")
    assert (error["code"], error["place"]) == (code, {"file": "job.py", "line": line})
    assert_nothing_left(box, "job.py")


def test_warnings_count_when_they_are_told_to(box: FarmBox) -> None:
    script = write(box, SMALL + "render.set_frame_range('1-4,4-6')")

    lenient, strict = box.cuelet("plan", script), box.cuelet("plan", "--strict", script)

    assert "warning P203 job.py:6: layer render: its range 1-4,4-6" in lenient.stdout
    assert (lenient.returncode, strict.returncode) == (0, 1)


def test_a_script_that_asks_the_farm_starts_none(box: FarmBox) -> None:
    script = write(box, "import opencue\nopencue.api.getJobs()\n")

    done = box.cuelet("plan", script)

    assert done.returncode == 1
    assert "a plan starts none" in done.stdout
    assert_nothing_left(box, "job.py")


def test_a_script_that_asks_its_job_is_planned_up_to_there(box: FarmBox) -> None:
    script = write(box, LAUNCHING + "while jobs[0].isPending(): pass\n")

    done = box.cuelet("plan", script)

    assert done.returncode == 0
    assert "info P004 job.py:16" in done.stdout
    assert "render" in done.stdout


def test_a_session_made_by_the_script_does_not_stay(box: FarmBox) -> None:
    script = write(box, SMALL + "ol.setup()\nprint(ol.get_session().get_path())")

    done = box.cuelet("plan", script)

    assert done.returncode == 0, done.stderr
    assert not Path(done.stderr.strip()).exists()
    assert_nothing_left(box, "job.py")


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["nothing.py"], 5),
        (["--frames", "x", "job.py"], 2),
        (["--layer", "nobody", "job.py"], 5),
        (["--backend", "slurm", "job.py"], 2),
        (["--diff", "nothing", "job.py"], 3),
        (["--svg", "no/such/folder.svg", "job.py"], 4),
    ],
)
def test_what_cannot_be_done_has_its_exit_status(
    box: FarmBox, args: list[str], status: int
) -> None:
    write(box, SMALL)

    assert box.cuelet("plan", *args).returncode == status


# Comparison.


def test_a_plan_is_compared_with_an_earlier_one(box: FarmBox) -> None:
    (box.home / "before.json").write_text(box.cuelet("plan", "--json", write(box, SMALL)).stdout)
    script = write(box, SMALL + "render.set_chunk(4)\nrender.depend_all(prep)\n")

    same = box.cuelet("plan", "--diff", "before.json", write(box, SMALL, "same.py"))
    done = box.cuelet("plan", "--diff", "before.json", script)
    (found,) = plan(box, "--diff", "before.json", script)["plans"]

    assert "nothing changed since before.json" in same.stdout
    assert "render: chunk 2 -> 4" in done.stdout
    assert "render: new depend on prep LAYER_ON_LAYER" in done.stdout
    assert {"layer": "render", "what": "chunk", "before": 2, "after": 4} in found["changes"]


def test_a_farm_tells_what_changed_and_how_long_it_takes(farm: FarmBox) -> None:
    script = write(farm, SMALL)
    done = farm.cuelet("run", "--raw", script)
    assert done.returncode == 0, done.stderr
    changed = write(
        farm, SMALL.replace("small-job", "small-job-v002") + "render.set_min_cores(16)", "next.py"
    )

    same = farm.cuelet("plan", "--raw", "--diff", "small-job", script)
    (found,) = plan(farm, "--raw", "--diff", "small-job", changed)["plans"]

    assert "nothing changed since small-job" in same.stdout
    assert [(each["what"], each["after"]) for each in found["changes"]] == [("cores", 16.0)]
    by_time = found["critical_path_by_time"]
    assert [step["layer"] for step in by_time["steps"]] == ["prep", "render"]
    assert 0 < by_time["seconds"] < 30
    offline = plan(farm, "--raw", "--offline", changed)["plans"][0]
    assert offline["critical_path_by_time"] is None
    assert len(farm.json("jobs", "--all")) == 1, "planning launched nothing"


# Pictures.


class _Links(HTMLParser):
    """Collects whatever a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(str(values["id"]))
        for key in ("src", "href", "data", "xlink:href"):
            value = values.get(key)
            if value is not None and value.startswith("#"):
                self.anchors.add(value[1:])
            elif value is not None:
                self.fetched.append(value)


def vfx(box: FarmBox) -> str:
    block = seeds.tutorial_block("def create_vfx_shot_pipeline")
    return write(box, IMPORTS + block + PIPELINES["create_vfx_shot_pipeline"])


def test_the_svg_has_a_card_per_layer_and_a_line_per_edge(box: FarmBox) -> None:
    done = box.cuelet("plan", "--svg", "graph.svg", vfx(box))

    assert done.stdout == "wrote graph.svg\n"
    text = (box.home / "graph.svg").read_text()
    root = ET.fromstring(text)
    classes = [each.get("class", "") for each in root.iter()]
    assert sum(each.split()[:1] == ["card"] for each in classes) == 7
    assert classes.count("card hot") == 7
    names = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"fx-simulation", "16 cores", "32 GB", "1001-1120 · 120 frames"} <= set(names)
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"(?:href|src)=|url\(|@import", text)


def test_every_kind_of_edge_is_drawn_in_its_own_way(box: FarmBox) -> None:
    script = write(
        box,
        SMALL
        + """
from outline.depend import DependType
for at, (kind, extra) in enumerate([("PREVIOUS_FRAME", {}), ("LAYER_ON_ANY", {}),
        ("LAYER_ON_SIM_FRAME", {}), ("LAYER_ON_LAYER", {}), ("FRAME_BY_FRAME", {"range": "1-4,9"})]):
    layer = Shell(f"kind{at}", command=["#IFRAME#"], **{"range": "1-4", **extra})
    ol.add_layer(layer)
    layer.depend_on(render, getattr(DependType, kind))
""",
    )

    text = box.cuelet("plan", "--svg", "-", script).stdout

    drawn = set(re.findall(r'class="wire (\w+)', text))
    assert drawn >= {"whole", "previous", "any", "first", "finished", "mixed"}
    for words in ("previous frame", "any frame", "first frame", "success or failure"):
        assert words in text


def test_the_page_needs_nothing_but_itself(box: FarmBox) -> None:
    box.cuelet("plan", "--html", "plan.html", vfx(box))

    page = _Links()
    page.feed((box.home / "plan.html").read_text())

    assert page.fetched == []
    assert page.anchors <= page.ids
    assert {"p0-fx_simulation", "p0-compositing"} <= page.ids


def test_names_cannot_break_out_of_the_page(box: FarmBox) -> None:
    evil = "<script>alert(1)</script>"
    script = write(box, SMALL + f"prep.set_arg('command', ['echo', {evil!r}, '\"&'])")

    page = box.cuelet("plan", "--html", "-", script).stdout

    assert evil not in page
    assert "&lt;script&gt;" in page


def test_mermaid_names_every_layer_and_edge(box: FarmBox) -> None:
    text = box.cuelet("plan", "--mermaid", write(box, SMALL)).stdout

    assert text.startswith("flowchart LR\n")
    assert '  n0 ==>|"whole layer"| n1' in text
    assert "class n0,n1 critical" in text


def test_two_jobs_of_one_script_are_both_planned(box: FarmBox) -> None:
    script = write(
        box,
        SMALL
        + "other = outline.Outline('other-job')\nother.add_layer(Shell('l-1', command=['x']))",
    )

    document = plan(box, script)
    box.cuelet("plan", "--svg", "graph.svg", script)

    assert [each["name"] for each in document["plans"]] == ["small-job", "other-job"]
    assert (box.home / "graph-2.svg").exists()

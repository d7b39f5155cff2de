from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from outline import Layer, LayerPreProcess, Outline, OutlinePostCommand, config
from outline.depend import DependType
from outline.exception import EmptyRangeError, SpecError
from outline.frames import EdgeKind, Tasks, parse_range, resolve
from outline.modules.shell import Shell
from outline.spec import Options, Spec, build_spec, job_spec, python_executable


def outline_of(*layers: Layer, name: str = "a-job") -> Outline:
    ol = Outline(name)
    for layer in layers:
        ol.add_layer(layer)
    ol.setup()
    return ol


def shell(
    name: str = "render", frames: str = "1-10", command: Any = ("run", "#IFRAME#"), **args: Any
) -> Shell:
    return Shell(name, command=command, range=frames, **args)


def build(ol: Outline, dialect: str = "cuebot", **options: Any) -> tuple[ET.Element, Spec]:
    options.setdefault("use_pycuerun", False)
    spec = build_spec(ol, dialect, Options(**options))
    return ET.fromstring(spec.xml), spec


def extension(ol: Outline, **options: Any) -> dict[str, Any]:
    root, _ = build(ol, "cuelet", **options)
    found: dict[str, Any] = json.loads(root.findtext("cuelet") or "")
    return found


def test_what_may_be_skipped_says_what_it_is_made_of() -> None:
    layer = shell(skip_existing=True)
    layer.add_output("image", "/tmp/a.#IFRAME#.exr")
    layer.add_input("scene", "/tmp/scene.txt")

    sent = extension(outline_of(layer))["layers"]["render"]

    assert sent["skip_existing"] is True
    assert sent["work"]
    assert "doubt" not in sent  # a command alone leaves none
    assert [each["name"] for each in sent["inputs"]] == ["scene"]


def test_elements_are_in_the_order_of_the_dtd() -> None:
    ol = Outline("a-job", maxcores=10, maxgpus=1, facility="local")
    layer = shell(
        chunk=2,
        gpus=1,
        gpu_memory="2g",
        timeout=5,
        timeout_llu=6,
        tags="gen | fast1",
        limits="nuke",
        env={"A": "b"},
        command=["run", "#FRAMESPEC#"],
    )
    layer.set_min_cores(2.5)
    layer.set_min_memory(2048)
    ol.add_layer(layer)
    ol.set_env("JOB", "1", pre=True)
    ol.set_priority(7)
    ol.depend_on_job("earlier")
    ol.setup()

    root, spec = build(
        ol, os="Linux", email="kim@example.com", paused=True, autoeat=True, maxretries=0
    )

    assert spec.xml.splitlines()[1].endswith('"http://localhost:8080/spcue/dtd/cjsl-1.15.dtd">')
    tags = [each.tag for each in root]
    order = ["facility", "dept", "show", "shot", "user", "email", "uid", "job", "depends"]
    assert tags == [tag for tag in order if tag in tags]
    job = [(each.tag, each.text) for each in root.find("job") or []]
    assert job[:-2] == [
        ("paused", "True"),
        ("priority", "7"),
        ("maxretries", "0"),
        ("maxcores", "10"),
        ("maxgpus", "1"),
        ("autoeat", "True"),
        ("os", "Linux"),
    ]
    assert [each[0] for each in job[-2:]] == ["env", "layers"]
    element = root.find("job/layers/layer")
    assert element is not None
    assert element.attrib == {"name": "render", "type": "Render"}
    assert [(each.tag, each.text) for each in element if len(each) == 0] == [
        ("cmd", "run '#FRAMESPEC#'"),
        ("range", "1-10"),
        ("chunk", "2"),
        ("cores", "2.5"),
        ("threadable", "True"),
        ("memory", "2048m"),
        ("gpus", "1"),
        ("gpu_memory", "2048m"),
        ("timeout", "5"),
        ("timeout_llu", "6"),
        ("tags", "gen | fast1"),
    ]
    assert [each.tag for each in element][-3:] == ["limits", "env", "services"]
    depend = root.find("depends/depend")
    assert depend is not None
    assert [(each.tag, each.text) for each in depend] == [("depjob", "a_job"), ("onjob", "earlier")]


@pytest.mark.parametrize(
    ("cores", "text"), [(1, "1.0"), (4, "4.0"), (0.5, "0.5"), (1.25, "1.25"), (16, "16.0")]
)
def test_cores_always_have_a_dot(cores: float, text: str) -> None:
    root, _ = build(outline_of(shell(cores=cores)))
    assert root.findtext("job/layers/layer/cores") == text


def test_names_are_sent_as_opencue_would_make_them() -> None:
    ol = outline_of(shell("Beauty-Pass"), name="My__Job--v1")

    root, _ = build(ol)
    found = extension(ol)

    assert root.find("job").get("name") == "my_job__v1"  # type: ignore[union-attr]
    assert root.find("job/layers/layer").get("name") == "beauty_pass"  # type: ignore[union-attr]
    assert found["job"]["title"] == "My__Job--v1"
    assert found["layers"]["beauty_pass"]["title"] == "Beauty-Pass"


def test_each_element_of_a_command_reaches_the_program_as_one_argument() -> None:
    command = [
        "maya",
        "-command",
        'python("renderFrame(1-6)")',
        "it's",
        "a b",
        "$HOME",
        "",
        "<&>",
        "%{FRAME}",
    ]
    ol = outline_of(shell(command=command))

    root, _ = build(ol)

    text = root.findtext("job/layers/layer/cmd")
    assert text is not None
    show = shlex.join([sys.executable, "-c", "import sys; print(sys.argv[1:])"])
    done = subprocess.run(f"{show} {text}", shell=True, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str([*command[:-1], "#IFRAME#"])
    assert extension(ol)["layers"]["render"]["argv"] == [*command[:-1], "#IFRAME#"]


def test_shell_text_is_sent_as_its_author_wrote_it() -> None:
    ol = outline_of(shell(command="echo $HOME | wc -c > %{ZFRAME}.txt"))

    root, _ = build(ol)
    found = extension(ol)["layers"]["render"]

    assert root.findtext("job/layers/layer/cmd") == "echo $HOME | wc -c > #ZFRAME#.txt"
    assert "argv" not in found
    assert found["each"] == "frame"


@pytest.mark.parametrize(
    ("token", "each", "chunk"),
    [
        ("#IFRAME#", "frame", "1"),
        ("#FRAME_START#", "chunk", "5"),
        ("nothing", "frame", "1"),
        ("%{RANGE}", "chunk", "5"),
    ],
)
def test_a_command_for_one_frame_is_never_run_once_per_chunk(
    token: str, each: str, chunk: str
) -> None:
    ol = outline_of(shell(command=["run", token], chunk=5))

    root, spec = build(ol)

    assert root.findtext("job/layers/layer/chunk") == chunk
    assert bool(spec.lowered) == (each == "frame")
    assert build(ol, "cuelet")[0].findtext("job/layers/layer/chunk") == "5"
    assert extension(ol)["layers"]["render"]["each"] == each


def test_a_command_without_tokens_runs_once_in_a_layer_that_is_one_chunk() -> None:
    ol = outline_of(shell(command=["collect", "frames"], frames="1-10", chunk=100))

    root, spec = build(ol)

    assert (root.findtext("job/layers/layer/chunk"), spec.lowered) == ("100", [])
    assert extension(ol)["layers"]["render"]["each"] == "chunk"


@pytest.mark.parametrize(
    "text", ["1-10:3", "1-10y3", "10-1", "1,1,3,2", "5-1x2", "1-3, 7", "3,1-4"]
)
def test_ranges_are_sent_so_that_every_reader_orders_them_as_we_do(text: str) -> None:
    root, _ = build(outline_of(shell(frames=text)))

    sent = root.findtext("job/layers/layer/range") or ""
    assert list(parse_range(sent)) == list(parse_range(text))
    assert not set(sent) & set("y: ")


def test_the_extension_says_what_the_xml_cannot() -> None:
    layer = shell("main-render", command=["run", "#IFRAME#"])
    layer.set_min_cores(1)
    layer.set_max_cores(2)
    layer.set_min_memory(1024)
    layer.set_retry_count(3)
    cleanup = shell("cleanup", frames="1-1")
    cleanup.depend_on(layer, DependType.LAYER_ON_LAYER)
    sim = shell("sim")
    sim.depend_on(layer, DependType.LayerOnSimFrame)
    sim.depend_previous(sim)
    ol = outline_of(layer, cleanup, sim)
    os.environ["CUE_FRAME"], os.environ["WEIRD"] = "not ours", "esc \x1b"

    found = extension(ol)

    assert found["version"] == 1
    assert found["job"]["cwd"] == os.getcwd()
    assert found["job"]["session"] == ol.get_session().get_path()
    assert found["job"]["env"]["WEIRD"] == "esc \x1b"
    assert "CUE_FRAME" not in found["job"]["env"]
    assert found["layers"]["main_render"] == {
        "title": "main-render",
        "argv": ["run", "#IFRAME#"],
        "each": "frame",
        "retries": 3,
        "cores": 1.0,
        "max_cores": 2.0,
        "memory_mb": 1024,
    }
    assert found["depends"] == [
        {"layer": "cleanup", "on": "main_render", "type": "LAYER_ON_LAYER", "outcome": "finished"},
        {"layer": "sim", "on": "main_render", "type": "LAYER_ON_SIM_FRAME", "frame": 1},
        {"layer": "sim", "on": "sim", "type": "PREVIOUS_FRAME"},
    ]


def test_python_layers_run_through_pycuerun_whatever_the_launch_says() -> None:
    prepare = LayerPreProcess("prepare")
    layer = shell()
    layer.add_child(prepare)
    ol = outline_of(layer)

    found = extension(ol, use_pycuerun=False)["layers"]

    session = ol.get_session().get_path()
    assert found["render"]["argv"] == ["run", "#IFRAME#"]
    assert found["render_prepare"]["argv"] == [
        python_executable(),
        *("-u", "-P", "-m", "outline.pycuerun", session, "-e", "#IFRAME#-render_prepare"),
    ]
    assert found["render_prepare"]["each"] == "chunk"
    assert extension(ol, use_pycuerun=True)["layers"]["render"]["each"] == "chunk"


def test_the_python_of_frames_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert python_executable() == sys.executable
    monkeypatch.setattr(sys, "executable", "/opt/maya/bin/maya.bin")
    assert os.path.basename(python_executable()).startswith("python")
    monkeypatch.setenv("CUELET_PYTHON", "/opt/py")
    assert python_executable() == "/opt/py"


def test_a_studio_can_have_pyoutlines_wrapper(monkeypatch: pytest.MonkeyPatch) -> None:
    ol = outline_of(shell())
    monkeypatch.setenv("OUTLINE_OUTLINE_WRAPPER_DIR", "/opt/wrappers")
    monkeypatch.setenv("OUTLINE_OUTLINE_BIN_DIR", "/opt/bin")
    monkeypatch.setenv("OUTLINE_OUTLINE_USER_DIR", "/tmp/u")

    root, _ = build(ol, use_pycuerun=True)

    words = (root.findtext("job/layers/layer/cmd") or "").split()
    assert words[:3] == ["/opt/wrappers/opencue_wrap_frame", "/tmp/u", "/opt/bin/pycuerun"]


def test_retries_of_layers_become_the_jobs_on_a_cuebot() -> None:
    layer, other = shell(), shell("other")
    layer.set_retry_count(3)
    ol = outline_of(layer, other)

    root, spec = build(ol)

    assert root.findtext("job/maxretries") == "3"
    assert "every layer gets 3" in spec.lowered[0]
    assert build(ol, "cuelet")[0].findtext("job/maxretries") == "1"


def test_what_a_cuebot_would_do_otherwise_is_said() -> None:
    layer = shell()
    layer.set_min_cores(32)
    layer.set_max_cores(64)

    _, spec = build(outline_of(layer))

    assert [
        ("lowers 32 cores to 24" in each, "no maximum of cores" in each) for each in spec.lowered
    ] == [
        (True, False),
        (False, True),
    ]


# Edges on a Cuebot.


def edges(root: ET.Element) -> list[tuple[str | None, ...]]:
    return [
        (
            each.get("type"),
            *(each.findtext(tag) for tag in ("deplayer", "depframe", "onlayer", "onframe")),
        )
        for each in root.iter("depend")
    ]


def one_edge(er: Shell, on: Shell, kind: str) -> tuple[list[tuple[str | None, ...]], list[str]]:
    er.depend_on(on, kind)
    root, spec = build(outline_of(on, er), use_pycuerun=True)
    return edges(root), spec.lowered


@pytest.mark.parametrize(
    ("er", "on", "kind", "expected"),
    [
        ("1-10", "1-10", "FRAME_BY_FRAME", ("FRAME_BY_FRAME", "er_layer", None, "on_layer", None)),
        ("1-10", "1-1", "FRAME_BY_FRAME", ("LAYER_ON_LAYER", "er_layer", None, "on_layer", None)),
        ("1-1", "1-10", "FRAME_BY_FRAME", ("LAYER_ON_LAYER", "er_layer", None, "on_layer", None)),
        ("1-5", "6-9", "FRAME_BY_FRAME", ("LAYER_ON_LAYER", "er_layer", None, "on_layer", None)),
        ("1-5", "1-9", "LAYER_ON_LAYER", ("LAYER_ON_LAYER", "er_layer", None, "on_layer", None)),
        ("1-5", "1-5", "PREVIOUS_FRAME", ("PREVIOUS_FRAME", "er_layer", None, "on_layer", None)),
        (
            "1-5",
            "3-9",
            "LAYER_ON_SIM_FRAME",
            ("LAYER_ON_SIM_FRAME", "er_layer", None, None, "0003-on_layer"),
        ),
    ],
)
def test_edges_a_cuebot_has_are_sent_as_one_element(
    er: str, on: str, kind: str, expected: tuple[str | None, ...]
) -> None:
    found, lowered = one_edge(shell("er-layer", frames=er), shell("on-layer", frames=on), kind)

    assert found == [expected]
    assert lowered == []


@pytest.mark.parametrize("kind", ["FRAME_BY_FRAME", "PREVIOUS_FRAME"])
@pytest.mark.parametrize(
    ("er", "er_chunk", "on", "on_chunk"),
    [("1-10", 3, "1-10", 2), ("1-10", 1, "3-6", 1), ("2-9x2", 2, "1-12", 5), ("5-1", 2, "1-5", 1)],
)
def test_other_edges_are_sent_frame_by_frame_and_exactly(
    kind: str, er: str, er_chunk: int, on: str, on_chunk: int
) -> None:
    found, lowered = one_edge(
        shell("er-layer", frames=er, chunk=er_chunk),
        shell("on-layer", frames=on, chunk=on_chunk),
        kind,
    )

    er_tasks, on_tasks = Tasks.from_range(er, er_chunk), Tasks.from_range(on, on_chunk)
    links = resolve(EdgeKind[kind], er_tasks, on_tasks)
    expected = set()
    for task in range(len(er_tasks)):
        frame = f"{er_tasks.head(task):04d}-er_layer"
        if task in links.whole:
            expected.add(("FRAME_ON_LAYER", None, frame, "on_layer", None))
        else:
            expected |= {
                ("FRAME_ON_FRAME", None, frame, None, f"{on_tasks.head(each):04d}-on_layer")
                for each in links.waits_for(task)
            }
    assert set(found) == expected
    assert len(found) == len(expected)
    assert lowered == []


def test_a_chain_over_a_layers_own_frames_is_sent_frame_by_frame() -> None:
    layer = shell(frames="1-4", chunk=1)
    layer.depend_previous(layer)

    root, _ = build(outline_of(layer))

    assert edges(root) == [
        ("FRAME_ON_FRAME", None, f"{n:04d}-render", None, f"{n - 1:04d}-render") for n in (2, 3, 4)
    ]


def test_waiting_for_the_end_becomes_waiting_for_success_and_is_said() -> None:
    found, lowered = one_edge(shell("er-layer"), shell("on-layer"), DependType.LAYER_ON_LAYER)

    assert found == [("LAYER_ON_LAYER", "er_layer", None, "on_layer", None)]
    assert "OpenCue cannot wait for its end alone" in lowered[0]


def test_any_frame_is_an_attribute() -> None:
    on, er = shell("on-layer"), shell("er-layer")
    er.depend_on(on, any_frame=True)

    root, _ = build(outline_of(on, er))

    assert [(each.get("type"), each.get("anyframe")) for each in root.iter("depend")] == [
        ("LAYER_ON_LAYER", "True")
    ]


def test_frames_a_cuebot_cannot_name_make_layers_wait_whole() -> None:
    found, lowered = one_edge(
        shell("er.layer", frames="1-10"), shell("on-layer", frames="2-6"), "FRAME_BY_FRAME"
    )

    assert found == [("LAYER_ON_LAYER", "er.layer", None, "on_layer", None)]
    assert "waits for all of on-layer" in lowered[0]


def test_post_layers_have_no_depends_on_a_cuebot() -> None:
    layer, post = shell(), OutlinePostCommand("goodbye", command=["ls"])
    post.depend_all(layer)

    root, spec = build(outline_of(layer, post))

    assert root.find("depends") is None
    assert "Post layer" in spec.lowered[0]


def test_depends_of_the_extension_are_not_repeated_in_the_xml() -> None:
    on, er = shell("on-layer"), shell("er-layer")
    er.depend_on(on)
    assert build(outline_of(on, er), "cuelet")[0].find("depends") is None


# Refusals.


def test_what_a_cuebot_cannot_run_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="layer 'render': OpenCue cannot run the negative frame -3"):
        build(outline_of(shell(frames="-3-3")))
    with pytest.raises(SpecError, match=r"its command has .* characters"):
        build(outline_of(shell(command=["x" * 4001])))
    with pytest.raises(SpecError, match="150,000 frames are over OpenCue's 100,000"):
        build(outline_of(shell(frames="1-150000")))
    with pytest.raises(SpecError, match="no jobs of root"):
        build(outline_of(shell()), user="root")
    build(outline_of(shell(frames="-3-150000")), "cuelet", user="root")


def test_characters_xml_cannot_hold_are_refused() -> None:
    with pytest.raises(SpecError, match=r"XML cannot hold the character '\\x1b'"):
        build(outline_of(shell(command=["echo", "\x1b[1m"])))


def test_too_many_layers_are_refused() -> None:
    ol = Outline("a-job")
    for index in range(2001):
        ol.add_layer(shell(f"layer{index}"))
    with pytest.raises(SpecError, match="2,001 layers"):
        build(ol, "cuelet")


def test_the_variables_of_the_outline_reach_raw_commands() -> None:
    ol = Outline("a-job")
    ol.add_layer(shell())
    ol.set_env("LATE", "1")
    ol.set_env("EARLY", "2", pre=True)
    ol.setup()

    def sent(**options: Any) -> dict[str | None, str | None]:
        return {each.get("name"): each.text for each in build(ol, **options)[0].iter("key")}

    assert sent() == {"LATE": "1", "EARLY": "2"}
    assert sent(use_pycuerun=True, env={"MORE": "3"}) == {"EARLY": "2", "MORE": "3"}


def test_outputs_are_sent() -> None:
    layer = shell()
    layer.add_output("image", "/out/a.#.exr")

    root, _ = build(outline_of(layer))

    output = root.find("job/layers/layer/outputs/output")
    assert output is not None
    assert (output.get("name"), output.text) == ("image", "/out/a.#.exr")


def test_a_specification_can_be_looked_at_before_setup() -> None:
    ol = Outline("a-job")
    ol.add_layer(shell())

    root, _ = build(ol, use_pycuerun=True)

    assert ol.reserve_session_path() in (root.findtext("job/layers/layer/cmd") or "")
    assert not os.path.exists(ol.reserve_session_path())
    secret = Outline("b-job", serialize=False)
    secret.add_layer(shell())
    build(secret)
    with pytest.raises(SpecError, match="serialize=False"):
        build(secret, use_pycuerun=True)


def test_job_spec_is_the_short_way() -> None:
    ol = outline_of(shell())
    assert (
        job_spec(ol, use_pycuerun=False, name="other-name", show="demo2").count("other_name") == 1
    )
    with pytest.raises(SpecError, match="dialect"):
        job_spec(ol, "klingon")


def test_site_wrappers_and_strace_go_around_the_frame_on_a_cuebot(tmp_path: Path) -> None:
    path = tmp_path / "outline.cfg"
    path.write_text("[outline]\nwrapper_dir = /site\nuser_dir = /u\nbin_dir = /site/bin\n")
    os.environ["OUTLINE_CONFIG_FILE"] = str(path)
    config.reload()
    ol = outline_of(shell(strace=True, setshot=False))

    root, _ = build(ol, use_pycuerun=True)

    words = (root.findtext("job/layers/layer/cmd") or "").split()
    log = f"{ol.get_layer('render').get_path()}/strace.log"
    assert words[:8] == ["strace", "-ttt", "-T", "-e", "open,stat", "-f", "-o", log]
    assert words[8:11] == ["/site/opencue_wrap_frame_no_ss", "/u", "/site/bin/pycuerun"]
    assert "-ttt" not in (build(ol, "cuelet", use_pycuerun=True)[0].findtext(".//cmd") or "")


def test_tags_of_the_environment_replace_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OL_TAG_OVERRIDE", "desktop")
    root, _ = build(outline_of(shell("one", tags="general"), shell("two")))

    assert [each.text for each in root.iter("tags")] == ["desktop", "desktop"]


def test_a_layer_without_a_frame_of_the_outline_is_an_error_of_the_script() -> None:
    ol = Outline("cut-job", frame_range="5-9")
    ol.add_layer(shell("prep", frames="1"))
    ol.add_layer(shell("render", frames="1-20"))

    with pytest.raises(EmptyRangeError, match="'prep'.*'1'.*'5-9'"):
        ol.check()


def test_a_launch_of_some_frames_leaves_layers_without_them_out_unless_another_waits() -> None:
    ol = Outline("cut-job")
    prep, render = shell("prep", frames="1"), shell("render", frames="1-20")
    ol.add_layer(prep)
    ol.add_layer(render)

    ol._cut_to("5-9")
    ol.check()
    root, spec = build(ol)

    assert [each.get("name") for each in root.iter("layer")] == ["render"]
    assert spec.lowered == ["layer prep is left out: its range 1 has no frame in common with 5-9"]
    render.depend_on(prep)
    with pytest.raises(EmptyRangeError):
        ol.check()


def test_a_job_takes_whole_cores_only() -> None:
    ol = outline_of(shell())
    ol.set_maxcores(2.5)

    root, spec = build(ol)

    assert root.findtext("job/maxcores") == "2"
    assert spec.lowered == ["the job may use 2 cores: OpenCue takes no 2.5"]

"""What a frame executes: tokens, environment, notes, paths."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cuelet.core.operations.command import Place, base_environment, build_run, log_dir, log_path
from cuelet.core.values.runs import RunRequest
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of

PLACE = Place(
    host="here",
    log_root="/logs",
    scratch="/scratch",
    base_env={"FROM": "farm"},
)
TOKENS = (
    "#ZFRAME# #IFRAME# #FRAME_START# #FRAME_END# #FRAME_CHUNK# #FRAMESPEC# #FRAME# #LAYER# #JOB#"
)


def built(layer: LayerSpec, index: int = 0, place: Place = PLACE, **job: Any) -> RunRequest:
    b = Bench(spec_of(layer, **job))
    b.start(index)
    return build_run(b.job, index, place)


def test_tokens_become_numbers_and_names() -> None:
    layer = LayerSpec(name="main", argv=("echo", TOKENS), range="9-14", chunk=4)

    first, second = built(layer).steps[0].argv, built(layer, 1).steps[0].argv

    job = "show-shot-me_job"
    assert first == ("echo", f"0009 9 9 12 4 9-12 0009-main main {job}")
    assert second == ("echo", f"0013 13 13 14 4 13-14 0013-main main {job}")


def test_negative_and_large_numbers_keep_their_digits() -> None:
    layer = LayerSpec(name="main", argv=("#ZFRAME#", "#FRAME#"), range="-5,123456")

    assert built(layer).steps[0].argv == ("-005", "-005-main")
    assert built(layer, 1).steps[0].argv == ("123456", "123456-main")


def test_unknown_tokens_and_lone_hashes_stay() -> None:
    layer = LayerSpec(name="main", argv=("#NOPE#", "a#b", "#iframe#", "##IFRAME##", "#FRAME"))

    assert built(layer).steps[0].argv == ("#NOPE#", "a#b", "#iframe#", "#1#", "#FRAME")


def test_a_shell_command_goes_to_the_shell_as_one_argument() -> None:
    step = built(LayerSpec(name="main", command="echo '#IFRAME#' | cat")).steps[0]

    assert step.argv == ("/bin/sh", "-c", "echo '1' | cat")


@pytest.mark.parametrize("text", ["-x", "+x; true", "#IFRAME# a"])
def test_a_command_with_a_dash_is_no_option_of_the_shell(text: str) -> None:
    step = built(LayerSpec(name="main", command=text, range="-5")).steps[0]

    assert step.argv == ("/bin/sh", "-c", " " + text.replace("#IFRAME#", "-5"))


@pytest.mark.parametrize(("each_frame", "numbers"), [(True, ["1", "2", "3"]), (False, ["1"])])
def test_a_chunk_runs_its_command_once_or_once_per_frame(
    each_frame: bool, numbers: list[str]
) -> None:
    layer = LayerSpec(
        name="main", argv=("echo", "#IFRAME#"), range="1-5", chunk=3, each_frame=each_frame
    )

    steps = built(layer).steps

    assert [step.argv[1] for step in steps] == numbers
    assert [step.env for step in steps] == [{"CUE_IFRAME": number} for number in numbers]


def test_the_environment_is_that_of_job_then_layer_then_opencue() -> None:
    layer = LayerSpec(
        name="main",
        argv=("x",),
        range="1-10",
        chunk=5,
        cores=2.0,
        memory_mb=100,
        env={"BOTH": "layer", "CUE_FRAME": "forged"},
    )

    run = built(layer, 1, env={"BOTH": "job", "JOB_ONLY": "1"})

    assert (run.env["BOTH"], run.env["JOB_ONLY"]) == ("layer", "1")
    expected = {
        "CUE_FRAME": "0006-main",
        "CUE_LAYER": "main",
        "CUE_JOB": "show-shot-me_job",
        "CUE_SHOW": "show",
        "CUE_SHOT": "shot",
        "CUE_USER": "me",
        "CUE_RANGE": "1-10",
        "CUE_CHUNK": "5",
        "CUE_THREADS": "2",
        "CUE_MEMORY": str(100 * 1024),
        "CUE_THREADABLE": "1",
        "CUE_HOST": "here",
        "CUE3": "1",
    }
    assert run.env.items() >= expected.items()
    assert run.env["CUE_LOG_PATH"] in run.log_path
    assert run.env["CUE_FRAME_ID"] == run.run_id.partition(".")[0]


@pytest.mark.parametrize(("cores", "threads"), [(0.25, "1"), (1.0, "1"), (2.5, "2"), (4.0, "4")])
def test_a_frame_is_told_whole_threads(cores: float, threads: str) -> None:
    run = built(LayerSpec(name="main", argv=("x",), cores=cores))

    assert run.env["CUE_THREADS"] == threads


def test_a_job_without_environment_or_directory_gets_the_farms() -> None:
    b = Bench(spec_of(LayerSpec(name="main", argv=("x",))))
    own = Bench(
        spec_of(LayerSpec(name="main", argv=("x",)), base_env={"FROM": "me"}, cwd="/home/me")
    )
    b.start(0)
    own.start(0)

    assert base_environment(b.job, b.job.layer_at(0), PLACE) == {"FROM": "farm"}
    assert base_environment(own.job, own.job.layer_at(0), PLACE) == {"FROM": "me"}
    assert build_run(b.job, 0, PLACE).cwd == "/scratch"
    assert build_run(own.job, 0, PLACE).cwd == "/home/me"


def test_logs_are_named_after_job_and_frame() -> None:
    b = Bench(spec_of(LayerSpec(name="main", argv=("x",))))

    assert log_dir(b.job, PLACE) == f"/logs/show/shot/logs/show-shot-me_job--{b.job.id}"
    assert log_path(b.job, 0, PLACE).endswith("/show-shot-me_job.0001-main.rqlog")


def test_paths_are_mapped_and_the_log_says_which() -> None:
    place = replace(PLACE, path_map={"/shared": "/mnt/here", "nuke": "/opt/nuke"})
    layer = LayerSpec(name="main", argv=("nuke", "-F", "#IFRAME#", "/shared/a.nk", "/sharedX"))

    run = built(layer, place=place)

    assert run.steps[0].argv == ("/opt/nuke", "-F", "1", "/mnt/here/a.nk", "/sharedX")
    notes = [line for line in run.header.splitlines() if line.startswith("path map")]
    assert notes == ["path map nuke -> /opt/nuke", "path map /shared/a.nk -> /mnt/here/a.nk"]
    assert json.loads(run.env["CUELET_PATH_MAP"]) == place.path_map


def test_the_log_begins_with_what_somebody_asks_first() -> None:
    layer = LayerSpec(
        name="main", argv=("echo", "a b"), range="1-4", chunk=2, cores=2.0, memory_mb=64
    )

    head = built(layer, 1, cwd="/work").header.splitlines()

    assert head[1:-1] == [
        "frame    0003-main of show-shot-me_job, attempt 1 on here",
        "frames   3-4",
        "command  echo 'a b'",
        "cwd      /work",
        "reserved 2 cores, 64 MB",
    ]


def test_one_reserved_core_is_one_core() -> None:
    header = built(LayerSpec(name="main", argv=("x",), cores=1.0, memory_mb=64)).header

    assert "reserved 1 core, 64 MB" in header.splitlines()


def test_the_log_says_what_this_machine_cannot_give() -> None:
    layer = LayerSpec(name="main", argv=("x",), cores=32.0, memory_mb=64_000)

    run = built(layer)

    assert "note     32 cores asked, lowered to this machine's 4" in run.header
    assert "note     64000 MB asked, lowered to this machine's 4096 MB" in run.header
    assert run.env["CUE_THREADS"] == "4"

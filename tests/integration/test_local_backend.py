"""The local backend: real processes without a farm, and the same outcomes as on the farm."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import opencue
import outline
from cuelet.core.operations import attempts
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import RUNNING, FrameState
from opencue.api import job_pb2
from outline import Outline, cuerun
from outline.backend._local import run as local_run
from outline.backend._local.run import Machine, Run
from outline.backend.local import LocalJob
from outline.depend import DependType
from outline.exception import JobFailedError, JobStillRunsError, OutlineException, SpecError
from outline.frames import EdgeKind, Tasks
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from outline.modules.shell import Shell
from tests.budget import examples
from tests.conftest import SRC, FarmBox, make_box, wait_until

# -- one suite of jobs, through both engines ------------------------------------------------------

CASES: dict[str, tuple[dict[str, dict[str, Any]], list[tuple[str, str, DependType]]]] = {
    "chain": (
        {"aaa": {"range": "1-4"}, "bbb": {"range": "1-4"}, "ccc": {"range": "1-4"}},
        [("bbb", "aaa", DependType.FrameByFrame), ("ccc", "bbb", DependType.FrameByFrame)],
    ),
    "chunks that do not match": (
        {"aaa": {"range": "1-10", "chunk": 3}, "bbb": {"range": "2-11", "chunk": 4}},
        [("bbb", "aaa", DependType.FrameByFrame)],
    ),
    "a dead frame dooms its counterpart only": (
        {"aaa": {"range": "1-4", "fails": {3: 9}}, "bbb": {"range": "1-4"}, "ccc": {}},
        [("bbb", "aaa", DependType.FrameByFrame), ("ccc", "bbb", DependType.LayerOnLayer)],
    ),
    "a dead frame in a chunk": (
        {
            "aaa": {"range": "1-6", "chunk": 2, "fails": {3: 9}, "retries": 0},
            "bbb": {"range": "1-6"},
        },
        [("bbb", "aaa", DependType.FrameByFrame)],
    ),
    "cleanup after a failure": (
        {
            "aaa": {"range": "1-3", "fails": {2: 9}},
            "bbb": {"range": "1-3"},
            "cleanup": {},
            "report": {},
        },
        [
            ("bbb", "aaa", DependType.FrameByFrame),
            ("cleanup", "bbb", DependType.LAYER_ON_LAYER),
            ("report", "aaa", DependType.LAYER_ON_LAYER),
        ],
    ),
    "retries of each layer": (
        {
            "aaa": {"range": "1-2", "fails": {1: 3}, "retries": 3},
            "bbb": {"range": "1-2", "fails": {1: 3}, "retries": 2},
            "ccc": {"range": "1-2", "fails": {1: 1}},
            "ddd": {"range": "1-2", "fails": {1: 1}, "retries": 0},
        },
        [("ccc", "aaa", DependType.FrameByFrame), ("ddd", "bbb", DependType.FrameByFrame)],
    ),
    "previous frame": (
        {"sim": {"range": "1-5", "fails": {4: 9}, "retries": 0}, "use": {"range": "1-5"}},
        [("sim", "sim", DependType.PreviousFrame), ("use", "sim", DependType.PreviousFrame)],
    ),
    "any frame": (
        {
            "aaa": {"range": "1-3", "fails": {1: 9, 2: 9}, "retries": 0},
            "bbb": {"range": "1-2"},
            "lost": {"range": "1-2", "fails": {1: 9, 2: 9}, "retries": 0},
            "ccc": {},
        },
        [("bbb", "aaa", DependType.LayerOnAny), ("ccc", "lost", DependType.LayerOnAny)],
    ),
    "simulation frame": (
        {"aaa": {"range": "5-7", "fails": {6: 9}, "retries": 0}, "bbb": {"range": "1-2"}},
        [("bbb", "aaa", DependType.LayerOnSimFrame)],
    ),
    "ranges of all kinds": (
        {
            "aaa": {"range": "10-1x3"},
            "bbb": {"range": "-2-4"},
            "ccc": {"range": "1-9:4", "chunk": 2},
            "one": {},
        },
        [
            ("bbb", "aaa", DependType.FrameByFrame),
            ("ccc", "bbb", DependType.FrameByFrame),
            ("one", "ccc", DependType.FrameByFrame),
        ],
    ),
}


def build(name: str, notes: Path) -> Outline:
    """Return the outline of a case; every frame number notes each time it is executed."""
    layers, depends = CASES[name]
    ol = Outline("case-" + re.sub(r"\W+", "-", name))
    for title, facts in layers.items():
        args = {key: facts[key] for key in ("chunk", "retries") if key in facts}
        ol.add_layer(
            Shell(
                title,
                command=["/bin/sh", "-c", _script(facts.get("fails", {}), notes)],
                range=facts.get("range", "1-1"),
                memory="64m",
                cores=0.5,
                **args,
            )
        )
    for er, on, kind in depends:
        ol.get_layer(er).depend_on(ol.get_layer(on), kind)
    return ol


def _script(fails: Mapping[int, int], notes: Path) -> str:
    """Return shell text that notes the frame and fails the first times it is told to."""
    counts = " ".join(f"{number}:{times}" for number, times in fails.items())
    return (
        f'f="{notes}/$CUE_LAYER.#IFRAME#"; echo x >> "$f"; n=$(wc -l < "$f"); '
        f"for each in {counts or 'none'}; do "
        '[ "${each%%:*}" = "#IFRAME#" ] && [ "$n" -le "${each##*:}" ] && exit 3; done; exit 0'
    )


def executions(notes: Path) -> dict[str, int]:
    return {path.name: len(path.read_text().split()) for path in sorted(notes.iterdir())}


@pytest.fixture(scope="module")
def shared_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmBox]:
    box = make_box(tmp_path_factory.mktemp("farm"))
    box.start()
    yield box
    assert box.close() == []


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OUTLINE_CONFIG_FILE", "OL_CONFIG", "CUELET_PATH_MAP", "CUEBOT_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": tmp_path, "SHOW": "demo", "SHOT": "sh010", "USER": "kim"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    outline.config.reload()
    yield
    outline.config.reload()
    Outline.current = None
    cuerun.launched.clear()


def on_farm(ol: Outline, farm: FarmBox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("CUELET_STATE_DIR", farm.env["CUELET_STATE_DIR"])
    opencue.Cuebot.closeChannel()
    (job,) = cuerun.launch(ol, use_pycuerun=False)

    def is_over() -> bool:
        stuck = opencue.farm.call("GetStuck", job_id=job.id())["stuck"]
        return bool(stuck or opencue.api.getJob(job.id()).state() == job_pb2.FINISHED)

    wait_until(is_over)
    frames = opencue.api.getJob(job.id()).getFrames()
    opencue.Cuebot.closeChannel()
    return {each.data.name or each.name(): _state_name(each.state()) for each in frames}


def _state_name(state: int) -> str:
    return FrameState(state).name


def here(ol: Outline, **flags: Any) -> LocalJob:
    (job,) = cuerun.launch(ol, use_pycuerun=False, backend="local", **flags)
    assert isinstance(job, LocalJob)
    return job


@pytest.mark.parametrize("name", CASES)
def test_both_engines_run_the_same_frames_as_often_and_end_alike(
    name: str, shared_farm: FarmBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = [tmp_path / "local", tmp_path / "farm"]
    for folder in notes:
        folder.mkdir()

    job = here(build(name, notes[0]))
    states = on_farm(build(name, notes[1]), shared_farm, monkeypatch)

    assert {frame.name: frame.state for frame in job.frames()} == states
    assert executions(notes[0]) == executions(notes[1])


# -- the same, for any job, without processes -----------------------------------------------------

RANGES = ["1-1", "1-4", "1-6", "3-8", "1-8x2", "5-1", "2,9,4"]


@st.composite
def jobs(draw: st.DrawFn) -> tuple[JobSpec, dict[str, int], float]:
    """Return a job, how often each frame fails at first, and the cores of the machine."""
    count = draw(st.integers(1, 5))
    layers = tuple(
        LayerSpec(
            name=f"layer{i}",
            range=draw(st.sampled_from(RANGES)),
            chunk=draw(st.integers(1, 3)),
            retries=draw(st.integers(0, 2)),
            cores=draw(st.sampled_from([1.0, 2.0, 0.5, 0.0, 16.0, -1.0])),
            max_cores=draw(st.sampled_from([0.0, 0.0, 1.0])),
            threadable=draw(st.booleans()),
            memory_mb=draw(st.sampled_from([100, 1500])),
        )
        for i in range(count)
    )
    edges = tuple(
        EdgeSpec(
            layer=f"layer{er}",
            on=f"layer{on}",
            kind=draw(st.sampled_from(list(EdgeKind))),
            outcome=draw(st.sampled_from(list(Outcome))),
        )
        for er in range(count)
        for on in range(er)
        if draw(st.booleans())
    )
    spec = JobSpec(
        name="show-shot-user_job",
        show="show",
        shot="shot",
        user="user",
        layers=layers,
        edges=edges,
        autoeat=draw(st.booleans()),
        max_cores=draw(st.sampled_from([-1.0, 1.0, 3.0])),
    )
    names = [
        f"{head:04d}-{layer.name}"
        for layer in layers
        for head in Tasks.from_range(layer.range, layer.chunk).heads()
    ]
    fails = {name: draw(st.sampled_from([0, 0, 0, 1, 2, 9])) for name in names}
    return spec, fails, draw(st.sampled_from([1.0, 2.0, 4.0]))


def farm_history(
    spec: JobSpec, fails: Mapping[str, int], cores: float
) -> tuple[list[str], list[str]]:
    """Return the starts in order and the final states, processes ending in the order of their starts."""
    farm = Farm(cores=cores, memory_mb=2000)
    job = Job(spec, JOB_ID, submitted_at=0.0)
    farm.add(job)
    starts: list[str] = []
    waiting: list[int] = []
    failed = Counter[str]()
    while True:
        decision = Decision()
        dispatch(farm, decision, now=0.0)
        for _, index in decision.starts:
            starts.append(job.frame_name(index))
            waiting.append(index)
        if not waiting:
            return starts, [FrameState(state).name for state in job.state_of]
        index = waiting.pop(0)
        assert job.state_of[index] == RUNNING
        name = job.frame_name(index)
        failed[name] += 1
        status = 1 if failed[name] <= fails[name] else 0
        report = RunExited(job.run_id(index), status, 0, 0.0, 0.0, 0, 0.0)
        attempts.on_run_exited(farm, report, Decision())


JOB_ID = "00000000-0000-4000-8000-000000000000"


class StagedAttempt:
    """Ends at once, as told."""

    starts: list[str]
    fails: Mapping[str, int]
    seen: Counter[str]

    def __init__(self, index: int, order: str, done: SimpleQueue[Any]) -> None:
        self.index, self.name, self._done = index, order, done
        self.reason, self.wall_s, self.exit_status, self.exit_signal = "", 0.0, 0, 0

    def start(self) -> None:
        cls = type(self)
        cls.starts.append(self.name)
        cls.seen[self.name] += 1
        self.exit_status = 1 if cls.seen[self.name] <= cls.fails[self.name] else 0
        self._done.put(self)

    def join(self) -> None:
        pass


def local_history(
    spec: JobSpec, fails: Mapping[str, int], cores: float, folder: Path
) -> tuple[list[str], list[str]]:
    run = Run(spec, Machine(cores, 2000), str(folder))
    run._order = lambda index, *_: run.frame_name(index)  # type: ignore[assignment,method-assign]
    StagedAttempt.starts, StagedAttempt.fails, StagedAttempt.seen = [], fails, Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_run, "Attempt", StagedAttempt)
        run.execute()
    return StagedAttempt.starts, [state.value for state in run.graph.states]


CAPPED = JobSpec(
    name="show-shot-user_job",
    show="show",
    shot="shot",
    user="user",
    layers=tuple(
        LayerSpec(name=f"layer{i}", cores=cores, memory_mb=100)
        for i, cores in enumerate([2.0, 2.0, 1.0])
    ),
    max_cores=3.0,
)
"""The second layer waits for two cores of the cap: the third must not take the one that is left."""


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(jobs())
@example((CAPPED, Counter(), 4.0))
def test_any_job_starts_the_same_frames_in_the_same_order_as_on_the_farm(
    tmp_path: Path, case: tuple[JobSpec, dict[str, int], float]
) -> None:
    assert local_history(*case, tmp_path) == farm_history(*case)


# -- what is particular to running here -----------------------------------------------------------


def journal(job: LocalJob) -> list[str]:
    lines = (Path(job.logDir()) / "job.log").read_text().splitlines()
    return [line.split(" ", 2)[2] for line in lines]


def one_layer(command: Sequence[str] | str, **args: Any) -> Outline:
    ol = Outline("one-layer")
    ol.add_layer(Shell("render", command=command, **{"range": "1-1", **args}))
    return ol


def test_frames_start_in_layer_order_then_frame_order() -> None:
    ol = Outline("in-order")
    for name in ("zzz", "aaa"):
        ol.add_layer(Shell(name, command=["/bin/true"], range="3-1"))

    job = here(ol, threads=1)

    starts = [line.split()[0] for line in journal(job) if "started" in line]
    assert starts == [f"{n:04d}-{name}" for name in ("zzz", "aaa") for n in (3, 2, 1)]


@pytest.mark.parametrize(("cores", "most"), [(1, 3), (2, 1), (0, 1)])
def test_no_more_frames_run_at_once_than_cores_allow(cores: float, most: int) -> None:
    job = here(one_layer(["/bin/sleep", "0.05"], range="1-6", cores=cores), threads=3)

    running = peak = 0
    for line in journal(job)[1:]:
        running += 1 if "started" in line else -1
        peak = max(peak, running)
    assert peak == most


def test_what_the_plan_says_does_not_count_does_not_and_the_rest_does(tmp_path: Path) -> None:
    meet = (
        f'touch "{tmp_path}/$CUE_LAYER.#IFRAME#"; '
        f'while [ "$(ls "{tmp_path}" | grep -c "^$CUE_LAYER.")" -lt 2 ]; do sleep 0.01; done'
    )
    ignored = {"tags": ["nowhere"], "services": ["none"], "limits": ["full"], "gpus": 9}
    later = {"timeout": 1, "timeout_llu": 1, "start_after": "2099-01-01 00:00"}
    whole = {"cores": 64, "memory": "900g", "range": "1-2", "command": ["/bin/true"]}
    ol = one_layer(["/bin/sh", "-c", meet], range="1-2", **ignored, **later)
    ol.add_layer(Shell("whole", **whole))

    plan = outline.plan(ol, backend="local", use_pycuerun=False, priority=1)
    (said,) = [each.message for each in plan.findings if each.code == "P305"]
    job = here(ol, threads=2)

    assert said.startswith("frames run at once as far as cores, memory and the job's maxcores")
    assert said.endswith(
        "tags, services, limits, GPUs, time-outs, start times and priorities do not count"
    )
    (lowered,) = [each.message for each in plan.findings if each.code == "P402"]
    assert lowered.startswith("layer whole: 64 cores and 921,600 MB are lowered to the machine's")
    assert job.is_success()
    assert [line.split(",")[0] for line in journal(job)[1:]] == [
        *("0001-render started", "0002-render started"),
        *(line.split(",")[0] for line in journal(job)[3:5]),
        *("0001-whole started", "0001-whole ended", "0002-whole started", "0002-whole ended"),
    ]


def test_a_result_answers_what_scripts_ask_a_job() -> None:
    job = here(one_layer(["/bin/sh", "-c", "exit #IFRAME#"], range="0-2", retries=0))

    assert job.name() == job.get_name() == "demo-sh010-kim_one_layer"
    assert job.state() == job_pb2.FINISHED
    assert (job.totalFrames(), job.succeededFrames(), job.deadFrames()) == (3, 1, 2)
    assert (job.runningFrames(), job.waitingFrames(), job.dependFrames()) == (0, 0, 0)
    assert [frame.exit_status for frame in job.frames()] == [0, 1, 2]
    assert cuerun.launched[-1][1] == [job]


def test_dead_frames_raise_in_a_launch_that_tests() -> None:
    with pytest.raises(JobFailedError, match="dead are 0001-render; logs in /"):
        here(one_layer(["/bin/false"]), test=True)


def test_dead_frames_raise_in_a_launch_that_waits_and_in_no_other() -> None:
    with pytest.raises(JobFailedError, match="dead are 0001-render"):
        here(one_layer(["/bin/false"]), wait=True)

    assert not here(one_layer(["/bin/false"])).is_success()


def test_a_launch_here_is_given_up_when_its_time_is_over_and_leaves_no_process(
    tmp_path: Path,
) -> None:
    pid = tmp_path / "pid"
    program = ["/bin/sh", "-c", f"echo $$ > {pid}; exec sleep 600"]

    with pytest.raises(JobStillRunsError, match="what ran of it was ended"):
        here(one_layer(program), timeout_s=1)

    assert not pid.exists() or not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_frames_that_fail_are_dropped_with_autoeat() -> None:
    job = here(one_layer(["/bin/false"]), autoeat=True)

    assert (job.eatenFrames(), job.deadFrames(), job.is_success()) == (1, 0, True)


def test_each_frame_gets_what_opencue_promises(tmp_path: Path) -> None:
    ol = one_layer(
        ["/bin/sh", "-c", "env; echo tokens #ZFRAME# #FRAME# #LAYER# #JOB#; pwd"], range="7-8"
    )
    ol.get_layer("render").set_env("OWN", "layer")
    ol.set_env("MINE", "outline")

    job = here(ol, env={"FLAG": "launch"}, threads=1)

    log = Path(job.frames()[0].log_path).read_text()
    for line in (
        "CUE_FRAME=0007-render",
        "CUE_IFRAME=7",
        "CUE_RANGE=7-8",
        "CUE_CHUNK=1",
        "CUE_SHOT=sh010",
        "CUE_THREADS=1",
        "OWN=layer",
        "MINE=outline",
        "FLAG=launch",
        "tokens 0007 0007-render render demo-sh010-kim_one_layer",
        os.getcwd(),
        "[cuelet] exit status 0",
    ):
        assert line in log
    assert len(list(Path(job.logDir()).glob("*.rqlog"))) == 2


def test_paths_are_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELET_PATH_MAP", json.dumps({"/no/such": "/bin"}))
    assert here(one_layer(["/no/such/true"])).is_success()


def test_a_retry_keeps_the_older_log() -> None:
    job = here(one_layer(["/bin/sh", "-c", "echo try; exit 1"], retries=2))

    logs = sorted(Path(job.logDir()).glob("*.rqlog*"))
    assert [log.suffix for log in logs] == [".rqlog", ".1", ".2"]
    assert "attempt 3" in logs[0].read_text()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["/no/such/program"], "program /no/such/program does not exist; install it"),
        (["no-such-program"], "program 'no-such-program' is not on PATH ("),
        (["/etc/passwd"], "/etc/passwd is not executable; make it so"),
        (["/bin/sh", "-c", "kill -9 $$"], "killed by SIGKILL (Killed)"),
    ],
)
def test_a_program_that_cannot_run_is_named_in_the_reason(command: list[str], says: str) -> None:
    (frame,) = here(one_layer(command, retries=0)).frames()

    assert frame.state == "DEAD"
    assert says in frame.reason


def test_a_program_with_a_dash_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "-say").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "-say").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    (frame,) = here(one_layer("-say #IFRAME#", retries=0)).frames()

    assert (frame.state, frame.reason) == ("SUCCEEDED", "")


def test_what_a_frame_leaves_behind_is_ended(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    job = here(one_layer(["/bin/sh", "-c", f"sleep 600 & echo $! > {pid_file}"]))

    assert job.is_success()
    wait_until(lambda: not is_alive(int(pid_file.read_text())))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_logs_go_where_they_are_wanted(tmp_path: Path) -> None:
    job = here(one_layer(["/bin/true"]), log_dir=tmp_path / "logs")

    assert job.logDir() == str(tmp_path / "logs")
    assert len(list((tmp_path / "logs").iterdir())) == 2


def test_a_folder_for_logs_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutlineException, match="logs cannot go to"):
        here(one_layer(["/bin/true"]), log_dir=tmp_path / "file" / "logs")


def test_what_nobody_could_let_go_on_is_refused() -> None:
    with pytest.raises(SpecError, match="nobody could resume"):
        here(one_layer(["/bin/true"]), pause=True)
    ol = one_layer(["/bin/true"])
    ol.depend_on_job("other-job")
    with pytest.raises(SpecError, match="other-job"):
        here(ol)
    assert _refusals(ol) == [
        "local launch of 'one-layer': it cannot wait for another job (other-job) -> launch it afterwards"
    ]
    assert "nobody could resume" in _refusals(one_layer(["/bin/true"]), pause=True)[0]
    with pytest.raises(OutlineException, match="threads"):
        here(one_layer(["/bin/true"]), threads=0)
    assert not list(Path(os.environ["HOME"]).glob(".opencue/sessions/*/*"))


def _refusals(ol: Outline, **flags: Any) -> list[str]:
    plan = outline.plan(ol, backend="local", **flags)
    return [f"{each.message} -> {each.remedy}" for each in plan.findings if each.code == "P304"]


def test_no_farm_is_needed_or_started(tmp_path: Path) -> None:
    here(one_layer(["/bin/true"]))

    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("command", "succeeded", "dead", "never_ran"), [("true", 3, 0, 0), ("false", 0, 2, 1)]
)
def test_post_layers_run_when_all_else_has_succeeded_as_on_the_farm(
    command: str, succeeded: int, dead: int, never_ran: int
) -> None:
    ol = Outline("with-post")
    ol.add_layer(Shell("mail", command=["/bin/true"], range="1-1", type="Post"))
    ol.add_layer(Shell("render", command=[f"/bin/{command}"], range="1-2"))

    job = here(ol, threads=2)

    assert (job.succeededFrames(), job.deadFrames()) == (succeeded, dead)
    assert job.dependFrames() == never_ran
    assert never_ran or journal(job)[-2].startswith("0001-mail started")


# -- commands -------------------------------------------------------------------------------------

SCRIPT = """
import outline
from outline import Layer

class Prepare(Layer):
    def _execute(self, frames):
        self.put_data("numbers", list(frames))

class Render(Layer):
    def _execute(self, frames):
        found = self.get_outline().get_layer("prepare").get_data("numbers")
        print("render", list(frames), "of", found)
        if 2 in frames and FAILS:
            raise RuntimeError("frame two is broken")

ol = outline.Outline("from-script")
prepare, render = Prepare("prepare", range="1-1"), Render("render", range="1-4", chunk=2, retries=0)
ol.add_layer(prepare)
ol.add_layer(render)
render.depend_on(prepare)
outline.cuerun.launch(ol)
"""


def write_script(folder: Path, *, fails: bool) -> Path:
    path = folder / "script.py"
    path.write_text(SCRIPT.replace("FAILS", str(fails)))
    return path


@pytest.mark.parametrize("fails", [False, True])
def test_cuelet_run_local_runs_layer_classes_of_the_script(tmp_path: Path, fails: bool) -> None:
    script = write_script(tmp_path, fails=fails)

    done = command("cuelet", "run", "--local", "-T", "2", str(script))

    assert done.returncode == (7 if fails else 0), done.stderr
    assert f"{2 if fails else 3} of 3 frames succeeded" in done.stdout
    assert ("frame two is broken" in done.stdout) == fails
    assert "logs in" in done.stdout
    assert not (tmp_path / "state").exists()


def test_cuelet_run_local_as_json(tmp_path: Path) -> None:
    done = command("cuelet", "run", "--local", "--json", str(write_script(tmp_path, fails=True)))

    (job,) = json.loads(done.stdout)
    assert (job["succeeded"], job["dead"], job["state"]) == (2, 1, "failed")
    assert "frame two is broken" in job["dead_frames"][0]["last_lines"][-1]


@pytest.mark.parametrize("fails", [False, True])
def test_pycuerun_backend_local(tmp_path: Path, fails: bool) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from outline.modules.shell import Shell\n"
        f"Shell('render', command=['{'/bin/false' if fails else '/bin/true'}'])\n"
    )

    done = command("outline.pycuerun", "-b", "local", "-f", "1-3", "-T", "2", str(script))

    assert done.returncode == (7 if fails else 0), done.stderr
    assert f"{0 if fails else 3} of 3 frames succeeded" in done.stdout


def test_the_backend_of_the_configuration_is_used(tmp_path: Path) -> None:
    (tmp_path / "outline.cfg").write_text("[outline]\nbackend = local\nthreads = 1\n")
    script = write_script(tmp_path, fails=False)

    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "OUTLINE_CONFIG_FILE": str(tmp_path / "outline.cfg")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob(".opencue/sessions/*/*/logs/*.rqlog"))) == 3


def command(module: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *args], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("module", "args", "number", "status"),
    [
        ("cuelet", ["run", "--local"], signal.SIGINT, 130),
        ("outline.pycuerun", ["-b", "local"], signal.SIGINT, 130),
        ("outline.pycuerun", ["-b", "local"], signal.SIGTERM, 143),
    ],
)
def test_an_interruption_ends_every_process_and_says_so(
    tmp_path: Path, module: str, args: list[str], number: int, status: int
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    script = tmp_path / "script.py"
    text = f"touch {pids}/$$; sleep 600 & touch {pids}/$!; wait"
    script.write_text(
        "import outline\nfrom outline.modules.shell import Shell\n"
        "ol = outline.Outline('long-job', current=True)\n"
        f"Shell('render', command=['/bin/sh', '-c', {text!r}], range='1-4')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", module, *args, "-T", "2", str(script)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(list(pids.iterdir())) == 4)

    process.send_signal(number)

    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert "interrupted; ended the 2 frames that ran, 0 of 4 had succeeded" in said
    wait_until(lambda: not [path.name for path in pids.iterdir() if is_alive(int(path.name))])
    assert len(list(pids.iterdir())) == 4, "no further frame began"
    assert list(tmp_path.glob(".opencue/sessions/*/*/logs/job.log")), "the logs stay"

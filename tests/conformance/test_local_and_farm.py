"""A job on the farm and the same job here: the same reservations, environment, order and ends.

The farm is its core alone, and no process runs on either side: frames end in the order of their
starts, as they are told to.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.operations import attempts
from cuelet.core.operations.command import Place, base_environment, build_run
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import FrameState
from cuelet.rpc.spec.job import parse_spec
from outline import Outline, spec
from outline._targets.compile import compile_job
from outline.backend._local import run as local_run
from outline.backend._local.job import runnable
from outline.backend._local.process import Order
from outline.backend._local.run import Machine, Run
from outline.depend import DependType
from outline.jobspec.model import JobSpec, spec_to_dict
from outline.modules.shell import Shell
from tests.budget import examples
from tests.conftest import SRC

JOB_ID = "00000000-0000-4000-8000-000000000000"
OPTIONS = spec.Options(use_pycuerun=False)
MEMORY_MB = 2000


def outline_of(*layers: dict[str, Any]) -> Outline:
    """Return an outline of layers that differ in what they ask for."""
    ol = Outline("conform", show="demo", shot="sh010", user="kim")
    for at, args in enumerate(layers):
        ol.add_layer(Shell(f"layer{at}", command=["/bin/true", "#IFRAME#"], **args))
    return ol


def sent(ol: Outline) -> JobSpec:
    """Return an outline as the farm gets it."""
    (job,) = parse_spec(spec.build_spec(ol, spec.CUELET, OPTIONS).xml)
    return job


@pytest.mark.parametrize("machine_cores", [0.5, 1.0, 8.0])
@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"cores": 0},
        {"cores": 0.05},
        {"cores": 0.5},
        {"cores": 4},
        {"cores": 64},
        {"cores": -1},
        {"cores": -7.5},
        {"cores": -64},
        {"cores": 4, "threadable": False},
        {"cores": 0, "threadable": False},
        {"cores": 0.5, "threadable": False},
        {"cores": 4, "max_cores": 2},
        {"cores": 0, "max_cores": 2},
        {"cores": -1, "max_cores": 0.01},
        {"memory": "100m"},
        {"memory": "64g"},
    ],
)
def test_a_frame_reserves_the_same(asks: dict[str, Any], machine_cores: float) -> None:
    ol = outline_of({"range": "1-1", **asks})
    farm = Farm(cores=machine_cores, memory_mb=MEMORY_MB)
    job = Job(sent(ol), JOB_ID, submitted_at=1.0)
    local = Machine(machine_cores, MEMORY_MB)

    here = local.reservation(compile_job(ol, OPTIONS).layers[0])

    assert (here.cores, here.memory_mb) == farm.reservation(job.layers[0])


def test_a_plain_import_does_not_load_what_decides_it() -> None:
    probe = "import outline, sys; sys.exit(any('jobspec' in name for name in sys.modules))"

    done = subprocess.run([sys.executable, "-c", probe], env={"PYTHONPATH": str(SRC)})

    assert done.returncode == 0


# -- whole jobs -----------------------------------------------------------------------------------

PLACE = Place(host="farm", log_root="/logs", scratch="/scratch")
NOW_S = 1_700_000_000.0
ONES_OWN = frozenset({"CUE_HOST", "CUE_LOG_PATH", "CUE_JOB_ID", "CUE_LAYER_ID", "CUE_FRAME_ID"})
"""Variables that name the machine, or the one launch among all."""
TYPES = [
    *(getattr(DependType, name) for name in ("FrameByFrame", "LayerOnLayer", "LayerOnAny")),
    *(getattr(DependType, name) for name in ("FRAME_BY_FRAME", "LAYER_ON_LAYER", "LAYER_ON_ANY")),
    *(getattr(DependType, name) for name in ("PreviousFrame", "PREVIOUS_FRAME")),
    *(getattr(DependType, name) for name in ("LayerOnSimFrame", "LAYER_ON_SIM_FRAME")),
]


class Start(NamedTuple):
    """What one attempt of a frame was given."""

    argvs: tuple[tuple[str, ...], ...]
    env: tuple[tuple[str, str], ...]

    @property
    def frame(self) -> str:
        return dict(self.env)["CUE_FRAME"]


class Case(NamedTuple):
    """A job, and where it runs."""

    layers: list[dict[str, Any]]
    depends: list[tuple[int, int, DependType]]
    maxcores: float | None
    autoeat: bool
    machine_cores: float
    fails: list[int]
    """How often frames fail at first, by their place among all frames, over and over."""

    def outline(self) -> Outline:
        ol = outline_of(*self.layers)
        for er, on, kind in self.depends:
            ol.get_layer(f"layer{er}").depend_on(ol.get_layer(f"layer{on}"), kind)
        if self.maxcores is not None:
            ol.set_maxcores(self.maxcores)
        return ol


LAYERS = st.fixed_dictionaries(
    {
        "range": st.sampled_from(["1-1", "1-4", "3-8", "1-8x2", "5-1", "2,9,4"]),
        "cores": st.sampled_from([-1, 0, 0.5, 1, 2, 4]),
        "threadable": st.booleans(),
    },
    optional={
        "chunk": st.integers(1, 3),
        "max_cores": st.sampled_from([0.5, 1, 1.5, 2]),
        "memory": st.sampled_from(["100m", "1500m", "64g"]),
        "retries": st.integers(0, 2),
    },
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    layers = draw(st.lists(LAYERS, min_size=1, max_size=4))
    return Case(
        layers,
        [
            (er, on, draw(st.sampled_from(TYPES)))
            for er in range(len(layers))
            for on in range(er)
            if draw(st.booleans())
        ],
        maxcores=draw(st.sampled_from([None, 1, 3])),
        autoeat=draw(st.booleans()),
        machine_cores=draw(st.sampled_from([1.0, 2.0, 4.0])),
        fails=draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 9]), min_size=1, max_size=7)),
    )


class Told:
    """Decides how attempts end: the first ones of some frames fail."""

    def __init__(self, fails: list[int]) -> None:
        self._fails, self._seen = fails, Counter[int]()

    def status(self, index: int) -> int:
        self._seen[index] += 1
        return int(self._seen[index] <= self._fails[index % len(self._fails)])


def told_env(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what OpenCue promises a frame, but for what differs from launch to launch."""
    prefetched_reservations = {key for key in env if key.startswith(("CUE_", "CUE3"))} - ONES_OWN
    return tuple((key, env[key]) for key in sorted(prefetched_reservations))


def on_farm(case: Case, options: spec.Options) -> tuple[list[Start], dict[str, str]]:
    (sent_job,) = parse_spec(spec.build_spec(case.outline(), spec.CUELET, options).xml)
    farm, told = Farm(cores=case.machine_cores, memory_mb=MEMORY_MB), Told(case.fails)
    job = Job(sent_job, JOB_ID, submitted_at=NOW_S)
    farm.add(job)
    starts, running = [], []
    while True:
        decision = Decision()
        dispatch(farm, decision, now=NOW_S)
        for _, index in decision.starts:
            request = build_run(job, index, PLACE)
            argvs = tuple(tuple(step.argv) for step in request.steps)
            base = base_environment(job, job.layer_at(index), PLACE)
            env = {**base, **request.env, **request.steps[0].env}
            starts.append(Start(argvs, told_env(env)))
            running.append(index)
        if not running:
            states = [FrameState(state).name for state in job.state_of]
            return starts, {job.frame_name(i): state for i, state in enumerate(states)}
        index = running.pop(0)
        report = RunExited(job.run_id(index), told.status(index), 0, 0.0, 0.0, 0, NOW_S)
        attempts.on_run_exited(farm, report, Decision())


def here(case: Case, options: spec.Options, folder: Path) -> tuple[list[Start], dict[str, str]]:
    job = runnable(compile_job(case.outline(), options))
    run = Run(job, Machine(case.machine_cores, MEMORY_MB), str(folder))
    starts, told = [], Told(case.fails)

    class Staged:
        """Ends at once, as told."""

        reason, wall_s = "", 0.0

        def __init__(self, index: int, order: Order, done: SimpleQueue[Any]) -> None:
            self.index, self._order, self._done = index, order, done
            self.exit_status, self.exit_signal = told.status(index), 0

        def start(self) -> None:
            steps = self._order.steps
            argvs = tuple(tuple(step.argv) for step in steps)
            starts.append(Start(argvs, told_env({**self._order.env, **steps[0].env})))
            self._done.put(self)

        def join(self) -> None:
            """It has no thread."""

        def stop(self, number: int) -> None:
            """It has ended."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_run, "Attempt", Staged)
        run.execute()
    states = [state.value for state in run.graph.states]
    return starts, {run.frame_name(i): state for i, state in enumerate(states)}


def as_the_farm_has_it(job: JobSpec) -> dict[str, Any]:
    """Return a job as the farm stores it; whole cores are all that its wire has for a whole job."""
    kept = spec_to_dict(job)
    kept["max_cores"] = float(max(1, int(job.max_cores))) if job.max_cores > 0 else -1.0
    kept["facility"] = job.facility or "local"
    return kept


@settings(max_examples=examples(100), deadline=None)
@given(cases())
def test_the_farm_gets_the_job_that_was_compiled(case: Case) -> None:
    ol = case.outline()

    made = as_the_farm_has_it(compile_job(ol, OPTIONS))

    assert spec_to_dict(sent(ol)) == made


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cases())
def test_any_job_runs_here_as_it_does_on_the_farm(tmp_path: Path, case: Case) -> None:
    options = spec.Options(use_pycuerun=False, autoeat=case.autoeat)

    starts, states = here(case, options, tmp_path)
    farm_starts, farm_states = on_farm(case, options)

    assert [start.frame for start in starts] == [start.frame for start in farm_starts]
    assert starts == farm_starts
    assert states == farm_states
    assert all("CUE_THREADS" in dict(start.env) for start in starts)

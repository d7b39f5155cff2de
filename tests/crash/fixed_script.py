"""One fixed piece of work on a farm: 20 frames and ten requests, checked step by step.

It speaks bare gRPC: nothing is tried again behind its back, so what was acknowledged is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from opencue_proto import job_pb2, job_pb2_grpc

from tests.conftest import FarmBox, wait_until
from tests.crash.driver import again_recorded, frame_argv, noted
from tests.specs import job_spec

FRAME_S = 0.02
CALL_S = 60.0
PRIORITY = 77
ONE, TWO = "show-shot-user_one", "show-shot-user_two"
RETRIES = 2
"""Of each frame: one for a failure that is meant, one for the death of the runner."""
DEAD, ONCE = "0003-render", "0005-render"
"""A frame that always fails, and one that fails once."""

ENDS = {
    ONE: {
        **{f"{n:04d}-render": ("SUCCEEDED", 0) for n in range(1, 9)},
        **{f"{n:04d}-comp": ("SUCCEEDED", 0) for n in range(1, 9)},
        "0001-clean": ("SUCCEEDED", 0),
        DEAD: ("DEAD", 9),
        "0003-comp": ("DEPEND", -1),
    },
    TWO: {"0001-late": ("SUCCEEDED", 0), "0002-late": ("EATEN", -1), "0003-late": ("SUCCEEDED", 0)},
}
AGAIN = ("0001-render", "0001-comp", "0001-clean")
"""What the retry at the end runs once more."""
RUNS = {
    **dict.fromkeys((name for frames in ENDS.values() for name in frames), 1),
    **dict.fromkeys((*AGAIN, ONCE), 2),
    DEAD: 1 + RETRIES,
    "0003-comp": 0,
    "0002-late": 0,
}
"""How often each frame runs."""
JOBS = {ONE: "PENDING", TWO: "FINISHED"}


class Script:
    """The requests, each with what it changes; goes on where it stopped."""

    def __init__(self, farm: FarmBox, runs: Path) -> None:
        self._farm, self._runs = farm, runs
        self.acknowledged: list[str] = []
        self.in_flight = self._died_in = ""
        (runs / f"always-{DEAD}").touch()
        (runs / f"once-{ONCE}").touch()

    def steps(self, jobs: Jobs) -> list[tuple[str, Callable[[], Any], Callable[[], bool]]]:
        """Return name, request and effect of each step."""
        return [
            ("launch one", lambda: jobs.launch(self._one()), lambda: jobs.exists(ONE)),
            ("pause", lambda: jobs.pause(ONE), lambda: jobs.get(ONE).is_paused),
            (
                "priority",
                lambda: jobs.set_priority(ONE, PRIORITY),
                lambda: jobs.get(ONE).priority == PRIORITY,
            ),
            ("resume", lambda: jobs.resume(ONE), lambda: not jobs.get(ONE).is_paused),
            ("launch two", lambda: jobs.launch(self._two()), lambda: jobs.exists(TWO)),
            ("eat", lambda: jobs.eat(TWO, 2), lambda: jobs.state(TWO, "0002-late") == "EATEN"),
            ("one ends", lambda: self._until_over(jobs, ONE), lambda: jobs.is_over(ONE)),
            ("retry", lambda: jobs.retry(ONE, 1), lambda: True),
            ("resume two", lambda: jobs.resume(TWO), lambda: not jobs.get(TWO).is_paused),
            ("all ends", lambda: self._until_all_over(jobs), lambda: jobs.is_over(TWO)),
        ]

    def go_on(self, jobs: Jobs) -> None:
        """Do what is left; raises RpcError when the farm dies."""
        for name, request, holds in self.steps(jobs)[len(self.acknowledged) :]:
            if not self._may_be_done(name, holds):
                self.in_flight = name
                request()
            self.acknowledged.append(name)
            self.in_flight = ""
            assert holds(), f"{name}: acknowledged, but not seen"

    def _may_be_done(self, name: str, holds: Callable[[], bool]) -> bool:
        """Tell whether the farm died in a request that must not be repeated if it was taken in."""
        return name == self._died_in and (name == "retry" or (name[:6] == "launch" and holds()))

    def check_acknowledged(self, jobs: Jobs) -> None:
        """Check that the last of each kind of acknowledged request is there after a restart."""
        done = set(self.acknowledged)
        overtaken = {"pause": "resume", "one ends": "retry"}
        for name, _, holds in self.steps(jobs):
            later = overtaken.get(name)
            if name in done and later not in done and later != self._died_in:
                assert holds(), f"{name}: acknowledged, but lost"

    def check_end(self, jobs: Jobs, *, lost: bool) -> None:
        """Check the outcome of every frame and how often each ran.

        Args:
            jobs: The farm, which may be another than at the beginning.
            lost: The runner died, so that frames that ran then are run again.
        """
        assert {job: jobs.outcomes(job) for job in ENDS} == ENDS
        assert {job: jobs.job_state(job) for job in JOBS} == JOBS
        assert noted(self._runs, "overlaps") == {}
        expected = Counter(RUNS)
        if self._died_in == "retry":
            expected -= Counter(AGAIN)
        started, ended = noted(self._runs, "started"), noted(self._runs, "ended")
        if lost:
            assert (started - Counter(RUNS)).total() <= 4, "more runs lost than there are slots"
            assert set(ended) == set(+Counter(RUNS))
        else:
            assert started == ended
            assert started - Counter(RUNS) == {}, "ran too often"
            assert expected - ended == {}, "lost"

    def check_recorded(self) -> None:
        """Check, once the farm is dead, that every run it had twice was recorded as lost."""
        recorded, started = again_recorded(self._farm), noted(self._runs, "started")
        # A retry by hand gives the whole budget again, so it says nothing about those frames.
        for name in RUNS.keys() - set(AGAIN):
            most = 1 + recorded[name] if RUNS[name] else 0
            assert started[name] <= most, f"{name} ran unknown to the farm"

    def note_death(self) -> None:
        """Remember in which request the farm died."""
        self._died_in = self.in_flight

    def _one(self) -> str:
        work = {"cores": 0.5, "argv": frame_argv(self._runs, FRAME_S), "retries": RETRIES}
        finish = {"type": "LAYER_ON_LAYER", "outcome": "finished"}
        return job_spec(
            {"render": {**work, "range": "1-8"}, "comp": {**work, "range": "1-8"}, "clean": work},
            [
                {"layer": "comp", "on": "render", "type": "FRAME_BY_FRAME"},
                {"layer": "clean", "on": "comp", **finish},
            ],
            name="one",
        )

    def _two(self) -> str:
        work = {"cores": 0.5, "argv": frame_argv(self._runs, FRAME_S), "range": "1-3"}
        return job_spec({"late": work}, name="two", paused=True)

    def _until_over(self, jobs: Jobs, job: str) -> None:
        wait_until(lambda: jobs.is_over(job))

    def _until_all_over(self, jobs: Jobs) -> None:
        for job in (ONE, TWO):
            self._until_over(jobs, job)


class Jobs:
    """The requests of the script, over a connection of its own."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._jobs = job_pb2_grpc.JobInterfaceStub(channel)

    def get(self, name: str) -> Any:
        request = job_pb2.JobFindJobRequest(name=name)
        return self._jobs.FindJob(request, timeout=CALL_S).job

    def exists(self, name: str) -> bool:
        try:
            return bool(self.get(name).id)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return False
            raise

    def launch(self, spec: str) -> None:
        self._jobs.LaunchSpecAndWait(job_pb2.JobLaunchSpecAndWaitRequest(spec=spec), timeout=CALL_S)

    def pause(self, name: str) -> None:
        self._jobs.Pause(job_pb2.JobPauseRequest(job=self.get(name)), timeout=CALL_S)

    def resume(self, name: str) -> None:
        self._jobs.Resume(job_pb2.JobResumeRequest(job=self.get(name)), timeout=CALL_S)

    def set_priority(self, name: str, priority: int) -> None:
        request = job_pb2.JobSetPriorityRequest(job=self.get(name), val=priority)
        self._jobs.SetPriority(request, timeout=CALL_S)

    def eat(self, name: str, number: int) -> None:
        request = job_pb2.JobEatFramesRequest(job=self.get(name), req=_number(number))
        self._jobs.EatFrames(request, timeout=CALL_S)

    def retry(self, name: str, number: int) -> None:
        wanted = _number(number, layer="render")
        request = job_pb2.JobRetryFramesRequest(job=self.get(name), req=wanted)
        self._jobs.RetryFrames(request, timeout=CALL_S)

    def outcomes(self, name: str) -> dict[str, tuple[str, int]]:
        state_of = job_pb2.FrameState.Name
        return {f.name: (state_of(f.state), f.exit_status) for f in self._frames(name)}

    def _frames(self, name: str) -> Any:
        everything = job_pb2.FrameSearchCriteria(page=1, limit=100)
        request = job_pb2.JobGetFramesRequest(job=self.get(name), req=everything)
        return self._jobs.GetFrames(request, timeout=CALL_S).frames.frames

    def job_state(self, name: str) -> str:
        return str(job_pb2.JobState.Name(self.get(name).state))

    def state(self, name: str, frame: str) -> str:
        return self.outcomes(name)[frame][0]

    def is_over(self, name: str) -> bool:
        """Tell whether nothing runs and nothing can start."""
        states = {state for state, _ in self.outcomes(name).values()}
        return states.isdisjoint({"RUNNING", "WAITING"})


def _number(number: int, layer: str = "") -> Any:
    return job_pb2.FrameSearchCriteria(
        frame_range=f"{number}", layers=[layer] if layer else [], page=1, limit=100
    )


@contextmanager
def connected(farm: FarmBox) -> Iterator[Jobs]:
    """Yield a connection that knows nothing of the farms before."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"unix:{farm.info['socket']}", options=options) as channel:
        yield Jobs(channel)

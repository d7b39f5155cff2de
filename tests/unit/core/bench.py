"""A job on a farm in memory, for tests that decide step by step."""

from __future__ import annotations

from typing import Any

from cuelet.core.check import check
from cuelet.core.operations import attempts, launching, requests
from cuelet.core.operations.skip import (
    BuildRecord,
    CheckRequest,
    CheckResult,
    WorkFingerprint,
    decide_freshness,
)
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import FreshnessCheck
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import FrameState
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec


def spec_of(*layers: LayerSpec, edges: tuple[EdgeSpec, ...] = (), **more: Any) -> JobSpec:
    base: dict[str, Any] = {
        "name": "show-shot-me_job",
        "show": "show",
        "shot": "shot",
        "user": "me",
    }
    return JobSpec(**{**base, **more}, layers=layers, edges=edges)


class Bench:
    """One job, and its life by hand; every step is checked."""

    def __init__(self, spec: JobSpec, *, cores: float = 4.0, memory_mb: int = 4096) -> None:
        self.farm = Farm(cores=cores, memory_mb=memory_mb)
        self.now = 1.0
        self.decision = Decision()
        (self.job,) = launching.launch(
            self.farm, [spec], [ids.job_id(1)], self.decision, now=self.now
        )

    def state(self, index: int) -> FrameState:
        return FrameState(self.job.state_of[index])

    def decide(self) -> Decision:
        """Take what was decided since the last time."""
        assert check(self.farm) == []
        done, self.decision = self.decision, Decision()
        return done

    def book(self) -> None:
        dispatch(self.farm, self.decision, now=self.now)

    def end(self, index: int, status: int = 0) -> None:
        report = RunExited(self.job.run_id(index), status, 0, 0.5, 1.0, 1000, self.now + 1)
        attempts.on_run_exited(self.farm, report, self.decision)

    def run(self, index: int, status: int = 0) -> None:
        """Book one waiting frame and let it end."""
        attempts.start(self.farm, self.job, index, self.decision, now=self.now)
        self.end(index, status)

    def start(self, index: int) -> None:
        attempts.start(self.farm, self.job, index, self.decision, now=self.now)

    def retry(self, index: int) -> None:
        requests.retry_frames(self.farm, self.job, [index], self.decision)

    def eat(self, index: int) -> None:
        requests.eat_frames(self.farm, self.job, [index], self.decision, now=self.now)

    def kill(self, index: int) -> None:
        requests.kill_frames(self.job, [index], self.decision, by="me")

    def free(self, index: int) -> None:
        requests.free_frames(self.job, [index], self.decision)

    def skip(self, index: int) -> None:
        """Let a waiting frame turn out not to have to run."""
        self.job.checks[index] = FreshnessCheck(serial=1)
        fingerprint = WorkFingerprint("key", "command", "env", "frames")
        request = CheckRequest(self.job.id, index, 1, fingerprint, (), ())
        seen = CheckResult(request, inputs="in", outputs="out", is_newer=True)
        made = BuildRecord(*fingerprint, "in", "out")
        decide_freshness(self.farm, self.job, seen, made, self.decision, now=self.now)

    def pause(self, *, paused: bool = True) -> None:
        requests.set_paused(self.job, self.decision, paused=paused)

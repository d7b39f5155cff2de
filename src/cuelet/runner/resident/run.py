"""What the resident remembers of one run while it lives."""

from __future__ import annotations

import json
import math
import signal
from dataclasses import dataclass, field
from enum import Enum
from resource import struct_rusage

from cuelet.core.values.runs import BAD_OUTPUT, FAILED_LAUNCH, LiveRun, RunExited, RunRequest, Step
from cuelet.runner.procfs import RUN_MARKER, RUNNER_MARKER
from cuelet.runner.resident.cgroup import MemoryLimit
from cuelet.runner.resident.outputs import Verdict

TAKEN_OVER = "CUELET_CHECKED_OUTPUTS"
"""Variable that tells a frame which outputs are looked at once it has ended: a JSON list of names."""
_KILLED = 128 + signal.SIGTERM
_STRUCK = 128 + signal.SIGKILL


class Phase(Enum):
    """Where a run is."""

    STEPPING = "the process of the current step lives"
    CLEARING = "it has ended, and what it left behind is being ended"
    LOOKING = "a process of ours looks at the outputs"
    OVER = "nothing is left of it"


@dataclass(slots=True, eq=False)
class Run:
    """One attempt of one frame."""

    request: RunRequest
    at: float
    began_s: float
    """On the monotonic clock, as all other times here."""
    log: int = -1
    lock: int = -1
    phase: Phase = Phase.STEPPING
    steps_done: int = 0
    pid: int = 0
    start_ticks: int = 0
    exit_status: int = 0
    exit_signal: int = 0
    cpu_s: float = 0.0
    """Of the processes that have been reaped."""
    sampled_kb: int = 0
    reaped_kb: int = 0
    samples: int = 0
    is_killed: bool = False
    oom_mark: int = 0
    """From `OomCounter.mark`, when it began."""
    is_out_of_memory: bool = False
    memory_limit: MemoryLimit | None = None
    """Around its memory, if there is one."""
    ask_at_s: float = math.inf
    """When what is left of a step gets SIGTERM."""
    sigkill_at_s: float = math.inf
    """When SIGKILL follows."""
    left_behind: int = 0
    made: str = ""
    """Told with the end when all outputs are there."""
    verdict: int = -1
    """Descriptor from which the verdict on the outputs is read."""
    notes: list[str] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.request.run_id

    @property
    def step(self) -> Step:
        """The current step."""
        return self.request.steps[self.steps_done]

    @property
    def has_next_step(self) -> bool:
        """Whether another step follows the one that has just ended."""
        more = self.steps_done + 1 < len(self.request.steps)
        return more and not self.is_killed and self.exit_status == 0

    @property
    def has_outputs_to_see(self) -> bool:
        """Whether all went well so far and the outputs are to be looked at."""
        return bool(self.request.outputs) and not self.is_killed and self.exit_status == 0

    def build_env(self, base: dict[str, str], runner_dir: str) -> dict[str, str]:
        """Return the variables of the current step."""
        markers = {RUN_MARKER: self.run_id, RUNNER_MARKER: runner_dir}
        if self.request.outputs:
            names = dict.fromkeys(each.name for each in self.request.outputs if each.checked)
            markers[TAKEN_OVER] = json.dumps(list(names))
        return {**base, **self.request.env, **self.step.env, **markers}

    def take_usage(self, usage: struct_rusage, floor_kb: int) -> None:
        """Add what a reaped process used.

        A child made by vfork inherits the peak memory of its parent as its own first peak, so a
        figure that is not above `floor_kb`, the resident's peak, says nothing.
        """
        self.cpu_s += usage.ru_utime + usage.ru_stime
        if usage.ru_maxrss > floor_kb or not self.sampled_kb:
            self.reaped_kb = max(self.reaped_kb, usage.ru_maxrss)

    def take_status(self, wait_status: int) -> None:
        """Note how the process of the current step ended."""
        self.pid = 0
        self.exit_signal = wait_status & 0x7F
        self.exit_status = 128 + self.exit_signal if self.exit_signal else wait_status >> 8

    @property
    def was_sigkilled(self) -> bool:
        """Whether SIGKILL ended it, or a child its shell tells of, and it was not ours."""
        return self.exit_status == _STRUCK and not self.is_killed

    def hit_memory_limit(self, limit_mb: int) -> None:
        """Note that the kernel ended it at the limit of its memory."""
        self.is_out_of_memory = True
        self.sampled_kb = max(self.sampled_kb, limit_mb * 1024)
        self.notes.append(f"the kernel killed it at the {limit_mb} MB that are allowed")

    def explain_sigkill(self, *, by_kernel: bool) -> None:
        """Note whose SIGKILL ended it."""
        self.is_out_of_memory = by_kernel
        if by_kernel:
            self.notes.append("the kernel killed it because memory ran out")
        elif self.exit_signal == signal.SIGKILL:
            self.notes.append("SIGKILL came from elsewhere")

    def fail_to_launch(self, reason: str, status: int = FAILED_LAUNCH) -> None:
        """Note that the current step got no process."""
        self.exit_status, self.exit_signal = status, 0
        self.notes.append(reason)

    def take_verdict(self, verdict: Verdict | None) -> None:
        """Note what is wrong with the outputs; nobody who could tell is wrong enough."""
        fault = "its outputs could not be looked at" if verdict is None else verdict.fault
        if fault and not self.is_killed:
            self.exit_status, self.exit_signal = BAD_OUTPUT, 0
            self.notes.append(f"exit 0, but {fault}")
        elif verdict and verdict.fingerprint and self.request.freshness_note and not self.is_killed:
            self.made = f"{self.request.freshness_note} {verdict.fingerprint}"

    def end_before_start(self) -> None:
        """Note that it was killed while it waited for its turn."""
        self.is_killed = True
        self.exit_status, self.exit_signal = _KILLED, signal.SIGTERM

    def describe(self, now_s: float) -> LiveRun:
        """Return the run as it is told to a farm that connects."""
        wall_s = now_s - self.began_s
        return LiveRun(self.run_id, self.pid, self.start_ticks, self.at, wall_s)

    def conclude(self, now_s: float, at: float) -> RunExited:
        """Return how the run ended."""
        if self.is_killed:
            self.notes.insert(0, "killed on request")
            if self.exit_status == 0 and self.steps_done + 1 < len(self.request.steps):
                self.exit_status, self.exit_signal = _KILLED, signal.SIGTERM
        elif self.left_behind:
            self.notes.append(f"ended {self.left_behind} of its processes that stayed behind")
        return RunExited(
            run_id=self.run_id,
            exit_status=self.exit_status,
            exit_signal=self.exit_signal,
            cpu_s=round(self.cpu_s, 6),
            wall_s=round(now_s - self.began_s, 6),
            max_rss_kb=max(self.sampled_kb, self.reaped_kb),
            at=at,
            reason="; ".join(self.notes),
            out_of_memory=self.is_out_of_memory,
            made=self.made,
        )

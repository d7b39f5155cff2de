"""What the engine asks of a runner, and what a runner reports: plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Exit statuses that mean something; the numbers are OpenCue's.
OUT_OF_MEMORY = 33
"""A run that ran out of memory; a program may end with it itself."""
FAILED_LAUNCH = 256
"""A run whose program could not be started."""
SKIP_RETRY = 286
"""A run that was taken away from its frame, which waits again."""
NOT_BEGUN = 299
"""A run that was taken back: the disk had no room for its log, or to note it."""
ORPHANED = 301
"""A run that was lost with its runner."""
KILL_FAILED = 302
"""A run that could not be reached any more."""
HOST_DOWN = 399
"""A run whose machine went away."""
BAD_OUTPUT = 310
"""A run that ended with 0 and without an output it should have made; the number is ours."""


@dataclass(frozen=True, slots=True)
class Step:
    """One process of a run: a chunk that runs its command per frame has one step per frame."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of this step only, over those of the run."""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that a run makes or reads."""

    name: str
    """``layer/output``."""
    paths: tuple[str, ...]
    """Absolute; it is in the first of these that has content."""
    min_bytes: int = 1
    checked: bool = True
    """Without it the run has failed; of an input: it has to be there."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Everything needed to execute one attempt of one frame."""

    run_id: str
    """Unique for ever: ``<frame id>.<attempt>``."""
    steps: tuple[Step, ...]
    """Executed one after the other; the first that fails ends the run."""
    env_key: str
    """Names a base environment sent once with `Runner.define_env`."""
    env: Mapping[str, str]
    """Variables over the base environment."""
    cwd: str
    log_path: str
    """Absolute; the runner makes its folder and moves an older log aside."""
    umask: int | None = None
    """Mask with which its processes create files; None: the runner's own."""
    header: str = ""
    """Text written to the log before the first step."""
    memory_max_mb: int = 0
    """What all processes together may use where the runner can put a wall; 0 for no limit."""
    outputs: tuple[OutputFile, ...] = ()
    """Looked at when the last step has ended with 0."""
    freshness_note: str = ""
    """Given back in `RunExited.made`, with a stamp of the outputs; empty: nobody asks."""
    lane: str = ""
    """Id of the run that was first in the lane, or lived in it when the farm connected: this one
    starts when nothing of that lane is left before it. Empty: at once, in a lane of its own."""
    patience_s: float = 0.0
    """Given back when it has waited in its lane for so long, at the next look at it."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first process of a run exists; not told when the run has ended before that is told."""

    run_id: str
    pid: int
    at: float
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class RunUsage:
    """What a live run uses now, whole process tree."""

    run_id: str
    rss_kb: int
    max_rss_kb: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class RunExited:
    """A run has ended and none of its processes is left."""

    run_id: str
    exit_status: int
    """Exit code of the last step; 128 + signal when it died of one; 256 when it never started."""
    exit_signal: int
    """Signal number that ended the last step, else 0."""
    cpu_s: float
    """CPU seconds of every process of the run, user and system."""
    wall_s: float
    """Seconds by the monotonic clock."""
    max_rss_kb: int
    """Peak resident memory of the tree."""
    at: float
    """Epoch seconds."""
    reason: str = ""
    """One line in words when the exit status does not say it (program not found, killed by ...)."""
    out_of_memory: bool = False
    """The kernel killed it because memory ran out."""
    made: str = ""
    """`RunRequest.freshness_note` and a fingerprint of the outputs, a blank between; empty unless all of them are there."""


@dataclass(frozen=True, slots=True)
class RunReturned:
    """A run that waited in a lane was given back; it never had a process."""

    run_id: str


RunEvent = RunStarted | RunUsage | RunExited | RunReturned


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that has not ended, as a runner tells it to a farm that (re)connects."""

    run_id: str
    pid: int
    """Process of the current step; 0 while what is left of a step is being ended."""
    start_ticks: int
    """Clock ticks from boot to the start of that process: with pid and boot id its identity."""
    at: float
    """Epoch seconds at which the run began."""
    wall_s: float
    """Seconds it has been running, by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class RunnerState:
    """Every run a runner knows and nobody has acknowledged."""

    pid: int
    boot_id: str
    running: tuple[LiveRun, ...] = ()
    exited: tuple[RunExited, ...] = ()
    has_lanes: bool = False
    """Whether it takes runs ahead of their turn; one from before 0.2 starts them all at once."""

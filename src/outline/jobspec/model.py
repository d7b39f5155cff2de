"""What a job is made of, as submitted: immutable values that survive a round trip through JSON."""

from __future__ import annotations

import enum
import sys

from outline.exception import NewerSpecError
from outline.frames import EdgeKind, Tasks
from outline.jobspec.record import Record
from outline.jobspec.reservation import DEFAULT_MEMORY_MB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any


class Outcome(enum.Enum):
    """What a depend waits for."""

    SUCCEEDED = "succeeded"
    """Every awaited frame succeeded or was eaten."""
    FINISHED = "finished"
    """Every awaited frame has ended for good, whatever the outcome."""


class DeclaredFile(Record):
    """A file, or one per frame, that a layer reads or writes."""

    name: str
    paths: tuple[str, ...]
    """Where it may be, with tokens, the usual place first."""
    digits: int = 1
    """Digits that ``#IFRAME#`` has at least in the paths."""
    checked: bool = False
    """A frame fails without it."""
    min_bytes: int = 1
    frames: str = ""
    """Range written in an input's path: a layer of one frame reads all of it."""


class LayerSpec(Record):
    """One layer as submitted."""

    name: str
    """Wire form, unique in the job."""
    title: str = ""
    """The spelling of the script."""
    kind: str = "Render"
    """Render, Util or Post."""
    command: str = ""
    """Shell text with tokens, run by ``/bin/sh -c`` when ``argv`` is None."""
    argv: tuple[str, ...] | None = None
    """Exact arguments with tokens, run without a shell."""
    each_frame: bool = False
    """Run the command once per frame of a chunk instead of once per chunk."""
    range: str = "1-1"
    chunk: int = 1
    cores: float = 1.0
    """Whole or fractional cores; 0 is the whole machine, -n the machine but n."""
    max_cores: float = 0.0
    """0 = no limit."""
    memory_mb: int = DEFAULT_MEMORY_MB
    retries: int | None = None
    """None: the job's."""
    threadable: bool = True
    timeout_s: int = 0
    timeout_llu_s: int = 0
    gpus: int = 0
    gpu_memory_mb: int = 0
    """For a Cuebot; nobody here counts it."""
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    start_after: float = 0.0
    """Epoch seconds before which no frame starts; 0 = at once."""
    env: Mapping[str, str] = {}
    outputs: tuple[str, ...] = ()
    """As people see them."""
    output_files: tuple[DeclaredFile, ...] = ()
    """What is looked at when a frame has ended."""
    input_files: tuple[DeclaredFile, ...] = ()
    skip_existing: bool = False
    """Frames whose outputs are there and up to date do not run."""
    work: str = ""
    """Stands for what a frame does beyond its command; another text is other work."""
    unknown_work: str = ""
    """Why nobody can tell whether the work changed: then every frame runs."""
    unset: tuple[str, ...] = ()
    """Which of these fields the script leaves open; a Cuebot asks the layer's service, elsewhere their value counts."""
    pycuerun: bool = False
    """pycuerun executes it: tokens stand in its last argument only, and `JobSpec.python_fits` counts."""
    is_raw: bool = False
    """The command is the script's own: no pycuerun, which would set environments and check outputs."""
    site_argv: tuple[str, ...] | None = None
    """Exact arguments on the hosts of a site that has wrappers or a pycuerun of its own; None: ``argv``."""
    output_names: tuple[str, ...] = ()
    """How the script calls each of ``outputs``."""

    def tasks(self) -> Tasks:
        """Return the frames, cut into chunks; a new object each time, as `outline.frames.resolve` wants one per layer."""
        return Tasks.from_range(self.range, self.chunk)


class WireDependType(enum.IntEnum):
    """What waits for what; the numbers are OpenCue's."""

    JOB_ON_JOB = 0
    JOB_ON_LAYER = 1
    JOB_ON_FRAME = 2
    LAYER_ON_JOB = 3
    LAYER_ON_LAYER = 4
    LAYER_ON_FRAME = 5
    FRAME_ON_JOB = 6
    FRAME_ON_LAYER = 7
    FRAME_ON_FRAME = 8
    FRAME_BY_FRAME = 9
    PREVIOUS_FRAME = 10
    LAYER_ON_SIM_FRAME = 11


class EdgeSpec(Record):
    """One depend: a job, a layer or a frame waits for another, of the same job or of another one."""

    layer: str
    """The layer that waits, wire name; empty: the whole job."""
    on: str
    """The layer it waits for, wire name; empty: the whole job."""
    kind: EdgeKind = EdgeKind.FRAME_BY_FRAME
    outcome: Outcome = Outcome.SUCCEEDED
    on_frame: int | None = None
    """Only this frame of the awaited layer is waited for."""
    waiting_frame: int | None = None
    """Only this frame of the waiting layer waits."""
    on_job: str = ""
    """The job waited for: its name in a `JobSpec`, its id once launched; empty: the same job."""

    @property
    def type(self) -> WireDependType:
        """OpenCue's name of it."""
        if self.layer and self.on and self.waiting_frame is None and self.kind in _TYPE_OF_KIND:
            return _TYPE_OF_KIND[self.kind]
        ends = ((self.layer, self.waiting_frame), (self.on, self.on_frame))
        er, on = ("JOB" if not layer else "LAYER" if n is None else "FRAME" for layer, n in ends)
        return WireDependType[f"{er}_ON_{on}"]


def post_edges(layers: Sequence[LayerSpec]) -> Iterator[EdgeSpec]:
    """Yield the depends that make Post layers run when all the others have succeeded; no Cuebot is told them."""
    others = [layer for layer in layers if layer.kind != "Post"]
    for post in (layer for layer in layers if layer.kind == "Post"):
        for layer in others:
            yield EdgeSpec(layer=post.name, on=layer.name, kind=EdgeKind.LAYER_ON_LAYER)


_TYPE_OF_KIND = {
    EdgeKind.FRAME_BY_FRAME: WireDependType.FRAME_BY_FRAME,
    EdgeKind.PREVIOUS_FRAME: WireDependType.PREVIOUS_FRAME,
    EdgeKind.LAYER_ON_SIM_FRAME: WireDependType.LAYER_ON_SIM_FRAME,
}


class JobSpec(Record):
    """One job as submitted."""

    name: str
    """``show-shot-user_name``, wire form."""
    title: str = ""
    """The spelling of the script, without prefix."""
    show: str
    shot: str
    user: str
    facility: str = "local"
    email: str = ""
    uid: int | None = None
    priority: int = 1
    paused: bool = False
    autoeat: bool = False
    max_retries: int = 1
    max_cores: float = -1.0
    """-1 = no limit."""
    os: str = ""
    env: Mapping[str, str] = {}
    """Set by the job on every frame."""
    base_env: Mapping[str, str] | None = None
    """Environment of the submitter; None: the farm's own."""
    python_fits: Mapping[str, str] = {}
    """With which value of each variable for Pythons pycuerun starts; see `outline.jobspec.environment`."""
    cwd: str = ""
    """Where frames start; empty: the farm's scratch directory."""
    umask: int | None = None
    """Mask with which frames create files; None: the farm's own."""
    session: str = ""
    layers: tuple[LayerSpec, ...]
    edges: tuple[EdgeSpec, ...] = ()
    force: bool = False
    """No frame is skipped."""
    after: tuple[str, ...] = ()
    """Names of jobs that must have succeeded before any frame of this one starts."""
    outside: tuple[EdgeSpec, ...] = ()
    """What else of this job waits for other jobs, or for parts of them."""
    max_gpus: int | None = None
    """GPUs of the whole job, for a Cuebot; None = no limit."""
    local_booking: Mapping[str, str] = {}
    """What a Cuebot may book on the submitter's own machine."""


SPEC_VERSION = 1
"""Written with a stored spec; raised when an earlier Cuelet would read what is written wrongly.

A spec without one is 0: it has the fields of 1 and some that are no more.
"""
_FIELDS: Mapping[type, frozenset[str]] = {
    each: frozenset(each.FIELDS) for each in (JobSpec, LayerSpec, EdgeSpec, DeclaredFile)
}


_FOR_CUEBOT = ("gpu_memory_mb", "unset", "is_raw", "site_argv", "output_names")
_JOB_FOR_CUEBOT = ("max_gpus", "local_booking")
"""What no farm of ours reads, and what is not stored."""


def spec_to_dict(spec: JobSpec) -> dict[str, Any]:
    """Return JSON-ready values of what a farm keeps."""
    made = spec.to_dict()
    for key in _JOB_FOR_CUEBOT:
        del made[key]
    for layer in made["layers"]:
        for key in _FOR_CUEBOT:
            del layer[key]
        layer["doubt"] = layer.pop("unknown_work")  # the key under which it was always kept
    for edge in (*made["edges"], *made["outside"]):
        edge["kind"], edge["outcome"] = edge["kind"].value, edge["outcome"].value
        edge["er_frame"] = edge.pop("waiting_frame")  # kept under OpenCue's word, as always
    return {"version": SPEC_VERSION, **made}


def spec_from_dict(values: Mapping[str, Any]) -> JobSpec:
    """Rebuild what `spec_to_dict` wrote, in this Cuelet or an earlier one.

    Raises:
        NewerSpecError: A later Cuelet wrote it.
    """
    version = values.get("version", 0)
    if version > SPEC_VERSION:
        raise NewerSpecError(job=values.get("name", ""), found=version, known=SPEC_VERSION)
    known = _known(JobSpec, values)
    known["layers"] = tuple(_layer_from_dict(layer) for layer in known["layers"])
    known["after"] = tuple(known.get("after", ()))
    if known.get("base_env"):
        known["base_env"] = shared_environment(known["base_env"])
    for key in ("edges", "outside"):
        known[key] = tuple(_edge_from_dict(edge) for edge in known.get(key, ()))
    return JobSpec(**known)


def shared_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment whose texts are kept once, however many jobs have the same."""
    return {sys.intern(name): sys.intern(value) for name, value in env.items()}


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values without the fields that there are no more."""
    names = _FIELDS[kind]
    return {name: value for name, value in values.items() if name in names}


def _layer_from_dict(values: Mapping[str, Any]) -> LayerSpec:
    known = _known(LayerSpec, values)
    known["unknown_work"] = values.get("doubt", "")
    for key in ("tags", "services", "limits", "outputs"):
        known[key] = tuple(known.get(key, ()))
    for key in ("output_files", "input_files"):
        known[key] = tuple(_file_from_dict(each) for each in known.get(key, ()))
    if known.get("argv") is not None:
        known["argv"] = tuple(known["argv"])
    return LayerSpec(**known)


def _file_from_dict(values: Mapping[str, Any]) -> DeclaredFile:
    return DeclaredFile(**{**_known(DeclaredFile, values), "paths": tuple(values["paths"])})


def _edge_from_dict(values: Mapping[str, Any]) -> EdgeSpec:
    known = _known(EdgeSpec, values)
    known["waiting_frame"] = values.get("er_frame")
    known["kind"], known["outcome"] = EdgeKind(known["kind"]), Outcome(known["outcome"])
    return EdgeSpec(**known)

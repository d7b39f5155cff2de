"""Have every host of a farm run one frame that reports on it; remove what was made for it."""

from __future__ import annotations

import contextlib
import glob
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import opencue
from cuelet.client.fleet.frame import REPORT, HostCheck, disk_lag_s
from cuelet.client.fleet.report import HostReport, report_of
from cuelet.client.frames import DeadFrame, list_dead
from cuelet.client.jobs import has_ended
from cuelet.client.sessions.cleaning import remove
from cuelet.client.sessions.folders import SessionInfo
from opencue.wrappers.job import Job
from outline import Outline, OutlineException, cuerun
from outline.backend.survey import Survey
from outline.jobspec.names import is_tag, plain_name, wire_name
from outline.jobspec.renderfarm import RenderHost, Share

_CORES, _MEMORY_MB = 0.1, 256
"""What a frame of the check reserves: the least a Cuebot takes."""
_POLL_S = 0.5
_REASON = "cuelet doctor --farm has seen enough"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one host."""

    host: str
    report: HostReport | None = None
    dead: DeadFrame | None = None
    """Its frame, when it failed."""
    problem: str = ""
    """Why there is no report, where no frame says it."""


@dataclass(slots=True)
class _Check:
    """A job that checks the hosts of one facility."""

    outline: Outline
    hosts: dict[str, str]
    """Name of the host by its layer."""
    job: Job
    waiting: set[str] = field(default_factory=set)
    """Layers that have not answered."""


def why_not(host: RenderHost, shares: Sequence[Share] | None, *, alone: bool) -> str:
    """Return why a host cannot be asked, or an empty text.

    Args:
        host: The host.
        shares: What the show may use; None: everything.
        alone: There is no other host, so that a frame finds it without a tag.
    """
    if not host.is_up:
        return "it is down"
    if not host.is_open:
        return "it is locked"
    if shares is not None and not any(each.allocation == host.allocation for each in shares):
        return f"the show has no subscription to its allocation {host.allocation}"
    if not (alone or is_tag(host.name)):
        return "OpenCue takes tags of 3 and more letters, digits, _ . - only, and its name is none"
    return ""


def check_hosts(show: str, user: str, wait_s: float) -> Iterator[Answer]:
    """Yield what every host answers as it comes in; those last that did not within the time.

    Args:
        show: The show of the job.
        user: Its user.
        wait_s: Seconds to wait for hosts.

    Raises:
        CueException: The farm cannot be asked, or refuses the job.
        OutlineException: The job cannot be made.
    """
    survey = Survey()
    shares = survey.shares(show) if opencue.farm.info() is None else None
    hosts, every = [], survey.hosts()
    for host in every:
        reason = why_not(host, shares, alone=len(every) == 1)
        if reason:
            yield Answer(host.name, problem=f"not asked: {reason}")
        else:
            hosts.append(host)
    facilities = sorted({host.facility for host in hosts})
    with contextlib.ExitStack() as cleanup:
        checks = [
            cleanup.enter_context(
                _launched([h for h in hosts if h.facility == each], show, user, each)
            )
            for each in facilities
        ]
        deadline = time.monotonic() + wait_s
        while any(check.waiting for check in checks) and time.monotonic() < deadline:
            for check in checks:
                yield from _answers(check)
            time.sleep(_POLL_S)
        for check in checks:
            for layer in sorted(check.waiting):
                yield Answer(check.hosts[layer], problem=f"no answer within {wait_s:g} s")


@contextlib.contextmanager
def _launched(hosts: Sequence[RenderHost], show: str, user: str, facility: str) -> Iterator[_Check]:
    """Launch a job with a frame for every host, and remove it at the end."""
    ol = Outline(f"doctor_{secrets.token_hex(4)}", show=show, shot="doctor", user=user)
    layers = {}
    for number, host in enumerate(hosts):
        layer = HostCheck(f"{number:03d}-{plain_name(host.name)}"[:60], range="1")
        if is_tag(host.name):
            layer.set_tags([host.name])
        layer.set_min_cores(_CORES)
        layer.set_min_memory(_MEMORY_MB)
        ol.add_layer(layer)
        layers[layer.get_name()] = host.name
    (job,) = cuerun.launch(ol, facility=facility or None, maxretries=0, nomail=True)
    check = _Check(ol, layers, job, set(layers))
    try:
        yield check
    finally:
        _remove(check)


def _answers(check: _Check) -> Iterator[Answer]:
    """Yield what has come in of a job."""
    job = opencue.api.getJob(check.job.id())
    if job.succeededFrames() + job.deadFrames() <= len(check.hosts) - len(check.waiting):
        return
    dead = {frame.layer: frame for frame in list_dead(job)}
    succeeded = job.getFrames(state=[opencue.api.job_pb2.SUCCEEDED])
    done = {frame.layer() for frame in succeeded} | dead.keys()
    for title in sorted(check.waiting):
        wire = wire_name(title)
        if wire in done:
            check.waiting.discard(title)
            host = check.hosts[title]
            yield Answer(host, dead=dead[wire]) if wire in dead else _read(check, title, host)


def _read(check: _Check, title: str, host: str) -> Answer:
    """Return what a frame that succeeded has stored."""
    layer = check.outline.get_layer(title)
    try:
        lag_s = disk_lag_s(check.outline.get_session().get_path())
        found = layer.get_data(REPORT)
        report = report_of(host, found, lag_s=lag_s, layer_path=layer.get_path())
    except (OutlineException, OSError) as error:
        said = f"its frame ran, and its report cannot be read here: {error}"
        return Answer(host, problem=said)
    return Answer(host, report=report)


def _remove(check: _Check) -> None:
    """Remove the job as far as a farm lets go of it, its session, and its logs unless a frame failed."""
    with contextlib.suppress(opencue.CueException):
        job = opencue.api.getJob(check.job.id())
        if not has_ended(job):
            job.kill(reason=_REASON)
        if not job.deadFrames():
            _remove_logs(job)
    path = Path(check.outline.get_session().get_path())
    with contextlib.suppress(OSError):
        remove(SessionInfo(path.parent.parent, path.parent.name, path.name, 0, 0, 0.0))


def _remove_logs(job: Job) -> None:
    """Remove the logs of a job, nothing but its own whatever folder the server says they are in."""
    folder = Path(job.logDir())
    with contextlib.suppress(OSError):
        for log in folder.glob(f"{glob.escape(job.name())}.*.rqlog"):
            log.unlink()
        folder.rmdir()

"""Who still needs a session: jobs of the farm, and processes of this machine."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

import opencue
from cuelet.client.sessions.folders import UUID, SessionInfo
from opencue.cuebot import hosts_in_use
from outline.jobspec.names import wire_job_name


class Need(enum.StrEnum):
    """Who needs a session."""

    PENDING = "pending"
    """Its job is pending or running on the farm."""
    PROCESS = "process"
    """A process of this machine uses it."""
    ENDED = "ended"
    """Its job has ended."""
    UNKNOWN = "unknown"
    """No farm said anything about its job."""

    @property
    def words(self) -> str:
        """Return it as people read it."""
        return _WORDS[self]


_WORDS = {
    Need.PENDING: "its job is pending",
    Need.PROCESS: "a process uses it",
    Need.ENDED: "its job has ended",
    Need.UNKNOWN: "no farm knows its job",
}


@dataclass(slots=True)
class Needs:
    """What is known now about who needs sessions."""

    answered: bool = False
    """A farm answered."""
    job_ids: set[str] = field(default_factory=set)
    """Jobs that are pending or running."""
    folders: set[str] = field(default_factory=set)
    """Names of these jobs, in the form `_folder_key` gives the folder of a session."""
    uuids: set[str] = field(default_factory=set)
    """Sessions that commands of these jobs name."""
    process_uuids: set[str] = field(default_factory=set)
    """Sessions that processes of this machine use."""

    def of(self, session: SessionInfo) -> Need:
        """Return who needs a session."""
        if session.uuid in self.process_uuids:
            return Need.PROCESS
        if self._is_pending(session):
            return Need.PENDING
        if session.backend == "local" and session.host == os.uname().nodename:
            return Need.ENDED
        return Need.ENDED if self.answered and _all_ended(session.job_ids) else Need.UNKNOWN

    def _is_pending(self, session: SessionInfo) -> bool:
        if session.uuid in self.uuids or self.job_ids.intersection(session.job_ids):
            return True
        return not session.job_ids and _folder_key(session.folder) in self.folders


def _all_ended(job_ids: Sequence[str]) -> bool:
    """Tell whether the farm knows every one of these jobs, and that it has ended."""
    try:
        states = [opencue.api.getJob(job_id).state() for job_id in job_ids]
    except opencue.CueException:
        return False
    return bool(states) and all(state == opencue.api.job_pb2.FINISHED for state in states)


def _folder_key(folder: str) -> str:
    """Return what a session's folder and the name of its job have in common."""
    return wire_job_name(folder)


def ask_needs() -> Needs:
    """Ask the farm, when one runs, and the processes of this machine; no farm is started."""
    needs = Needs(process_uuids=_uuids_of_processes())
    try:
        if not hosts_in_use() and opencue.farm.is_running() is None:
            return needs
        jobs = opencue.api.getJobs()
        for job in jobs:
            needs.job_ids.add(job.id())
            needs.folders.add(_folder_key(job.name()))
            for layer in job.getLayers():
                needs.uuids.update(UUID.findall(layer.command()))
    except opencue.CueException:
        return Needs(process_uuids=needs.process_uuids)
    needs.answered = True
    return needs


def _uuids_of_processes() -> set[str]:
    """Return every uuid that the arguments, variables, directory or open files of a process name.

    This process and those it was started by do not count: they may name the session they ask about.
    """
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: set[str] = set()
    for process in psutil.process_iter():
        if process.pid not in own:
            found.update(UUID.findall("\n".join(_texts(process))))
    return found


def _texts(process: psutil.Process) -> Iterator[str]:
    with suppress(psutil.Error, OSError):
        yield from process.cmdline()
    with suppress(psutil.Error, OSError):
        yield process.cwd()
    with suppress(psutil.Error, OSError):
        yield from process.environ().values()
    with suppress(psutil.Error, OSError):
        yield from (each.path for each in process.open_files())

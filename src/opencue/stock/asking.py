"""Calls that a stock Cuebot answers, as messages: jobs, their parts, and what they need of the farm."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from opencue_proto import job_pb2

from opencue.exception import EntityNotFoundException
from opencue.wrappers.entity import send

PAGE = 10_000
"""Frames that are asked for at a time."""
MAX_SEARCHED = 500
"""Jobs that are searched for a frame of which only the id is known, the latest first."""

UNDONE = ("WAITING", "SETUP", "DEPEND", "DEAD", "RUNNING", "CHECKPOINT")
"""States of frames that are not done."""


def get_job(job_id: str) -> Any:
    """Return a job's message; raises EntityNotFoundException."""
    return send("job", "GetJob", id=job_id).job


def find_pending_job(name: str) -> Any:
    """Return the message of the pending job of a full name, or None."""
    try:
        return send("job", "FindJob", name=name).job
    except EntityNotFoundException:
        return None


def get_layers(job_id: str) -> list[Any]:
    """Return the messages of a job's layers."""
    return list(send("job", "GetLayers", job={"id": job_id}).layers.layers)


def get_frames(job_id: str, *, states: Iterable[str] = (), **criteria: Any) -> list[Any]:
    """Return the messages of a job's frames that a search finds, all of them.

    Args:
        job_id: The job.
        states: Only frames in these, by name.
        criteria: Fields of the search, such as ``layers`` or ``frame_range``.
    """
    found: list[Any] = []
    wanted = {"frame_states": [job_pb2.FrameState.Value(state) for state in states]}
    while True:
        page = len(found) // PAGE + 1
        search = {"page": page, "limit": PAGE, "states": wanted, **criteria}
        batch = send("job", "GetFrames", job={"id": job_id}, req=search).frames.frames
        found += batch
        if len(batch) < PAGE:
            return found


def job_of_frame(frame_id: str) -> Any:
    """Return the message of a frame's job, which the frame's does not name, or None; pending ones are looked at first."""
    jobs = send("job", "GetJobs", r={"include_finished": True}).jobs.jobs
    latest = sorted(jobs, key=lambda job: (job.state != job_pb2.PENDING, -job.start_time))
    for job in latest[:MAX_SEARCHED]:
        if get_frames(job.id, ids=[frame_id]):
            return job
    return None


class Farm:
    """What a Cuebot says of its farm, as messages; each question is sent once.

    Args:
        patience_s: Seconds that all questions together may take; None: what every call may.
    """

    def __init__(self, patience_s: float | None = None) -> None:
        self._deadline = None if patience_s is None else time.monotonic() + patience_s
        self._answers: dict[str, Any] = {}

    def shows(self) -> list[Any]:
        """Return every show, also those that take no jobs."""
        return list(self._ask("show", "GetShows").shows.shows)

    def find_show(self, name: str) -> Any:
        """Return the show of a name; None where there is none, or several, of which a Cuebot finds neither."""
        found = [show for show in self.shows() if show.name == name]
        return found[0] if len(found) == 1 else None

    def subscriptions(self, show: str) -> list[Any]:
        """Return what a show may use; nothing when there is no such show."""
        message = self.find_show(show)
        if message is None:
            return []
        answer = self._ask("show", "GetSubscriptions", show={"id": message.id, "name": show})
        return list(answer.subscriptions.subscriptions)

    def services(self, show: str) -> list[Any]:
        """Return every service, and behind them those that a show wants otherwise."""
        known = list(self._ask("service", "GetDefaultServices").services.services)
        message = self.find_show(show)
        if message is None:
            return known
        own = self._ask("show", "GetServiceOverrides", show={"id": message.id, "name": show})
        return [*known, *(each.data for each in own.service_overrides.service_overrides)]

    def hosts(self) -> list[Any]:
        """Return every host, also those that are down or locked."""
        return list(self._ask("host", "GetHosts", r={}).hosts.hosts)

    def limits(self) -> Mapping[str, Any]:
        """Return every limit by name."""
        return {limit.name: limit for limit in self._ask("limit", "GetAll").limits}

    def is_pending(self, name: str) -> bool:
        """Tell whether a job of a full name has not ended."""
        return bool(self._ask("job", "IsJobPending", name=name).value)

    def _ask(self, stub: str, method: str, **fields: Any) -> Any:
        """Call a method, at most once with the same fields, with the time that is left."""
        key = f"{stub}.{method} {fields}"
        if key not in self._answers:
            self._answers[key] = send(stub, method, timeout_s=self._left_s(), **fields)
        return self._answers[key]

    def _left_s(self) -> float | None:
        return None if self._deadline is None else max(0.1, self._deadline - time.monotonic())


class FarmFacts:
    """What the frames of a job need of the farm, each asked for once and only when it counts.

    Args:
        job: The job's message.
    """

    def __init__(self, job: Any) -> None:
        self.job, self._farm = job, Farm()

    @property
    def show(self) -> Any:
        """The show's message, or None."""
        return self._farm.find_show(self.job.show)

    @property
    def subscriptions(self) -> list[Any]:
        """What the show may use."""
        return self._farm.subscriptions(self.job.show)

    @property
    def hosts(self) -> list[Any]:
        """Every host of the farm."""
        return self._farm.hosts()

    @property
    def limits(self) -> Mapping[str, Any]:
        """Every limit by name."""
        return self._farm.limits()

"""Calls that a stock Cuebot answers, as messages: jobs, their parts, and what they need of the farm."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass
class FarmFacts:
    """What the frames of a job need of the farm, each asked for once and only when it counts."""

    job: Any

    @functools.cached_property
    def show(self) -> Any:
        """The show's message, or None."""
        shows = send("show", "GetShows").shows.shows
        return next((show for show in shows if show.name == self.job.show), None)

    @functools.cached_property
    def subscriptions(self) -> list[Any]:
        """What the show may use."""
        if self.show is None:
            return []
        answer = send("show", "GetSubscriptions", show={"id": self.show.id})
        return list(answer.subscriptions.subscriptions)

    @functools.cached_property
    def hosts(self) -> list[Any]:
        """Every host of the farm."""
        return list(send("host", "GetHosts", r={}).hosts.hosts)

    @functools.cached_property
    def limits(self) -> Mapping[str, Any]:
        """Every limit by name."""
        return {limit.name: limit for limit in send("limit", "GetAll").limits}

"""Run something that launches, and take the launches instead: no session stays, no server is reached."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from outline import config
from outline._layer.current import LaunchContext
from outline.cuerun import OutlineLauncher
from outline.exception import OutlineException
from outline.planning.places import Places

_SESSION_DIR = "OUTLINE_OUTLINE_SESSION_DIR"


class OnlyPlannedError(OutlineException):
    """A script asked a job that was only planned.

    Args:
        job: Name of the job.
        question: What it was asked.
    """

    def __init__(self, *, job: str, question: str) -> None:
        self.job, self.question = job, question
        super().__init__(f"job {job} is only planned and has no {question}")


class PlannedJob:
    """Stands in for the job that a launch returns; it knows its name and nothing else.

    Args:
        launcher: The launch that was taken.
        use_pycuerun: As the launch was called.
    """

    def __init__(self, launcher: OutlineLauncher, *, use_pycuerun: bool) -> None:
        self.launcher, self.use_pycuerun = launcher, use_pycuerun

    def name(self) -> str:
        """Return the name of the job."""
        return self.launcher.get_outline().get_full_name()

    def __getattr__(self, question: str) -> Any:
        if question.startswith("__"):
            raise AttributeError(question)
        raise OnlyPlannedError(job=self.name(), question=question)


@dataclass(slots=True)
class Taken:
    """What was taken."""

    places: Places
    jobs: list[PlannedJob] = field(default_factory=list)
    """One entry per launch, in order."""


@contextlib.contextmanager
def taking_launches(script: str | None = None) -> Iterator[Taken]:
    """Take every launch while the block runs; sessions made in it go into a directory that is removed.

    Args:
        script: Path of the script that runs, as its code objects name it.
    """
    taken = Taken(Places(script))

    def take(launcher: OutlineLauncher, use_pycuerun: bool) -> list[Any]:
        taken.jobs.append(PlannedJob(launcher, use_pycuerun=use_pycuerun))
        return [taken.jobs[-1]]

    with LaunchContext(take=take, note_made=taken.places.note), _temporary_sessions():
        yield taken


@contextlib.contextmanager
def _temporary_sessions() -> Iterator[None]:
    """Make sessions in a directory of their own, and remove it."""
    before = os.environ.get(_SESSION_DIR)
    with tempfile.TemporaryDirectory(prefix="cuelet-plan-", ignore_cleanup_errors=True) as folder:
        os.environ[_SESSION_DIR] = folder
        config.reload()
        try:
            yield
        finally:
            os.environ.pop(_SESSION_DIR, None)
            if before is not None:
                os.environ[_SESSION_DIR] = before
            config.reload()

"""The frame that pauses a job until somebody has looked (``pycuerun --qc``)."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from outline import review


class Job:
    """A job that is unpaused after some looks."""

    def __init__(self, looks: int, paused: bool = False) -> None:
        self.looks, self.paused = looks, paused
        self.done: list[str] = []

    def isPaused(self) -> bool:
        return self.paused

    def pause(self) -> None:
        self.paused = True
        self.done.append("pause")

    def addComment(self, subject: str, message: str) -> None:
        self.done.append(subject)

    def look(self) -> Job:
        self.looks -= 1
        if self.looks == 0:
            self.paused = False
        return self


def test_the_job_is_paused_commented_and_waited_for() -> None:
    job, slept = Job(looks=8), list[float]()

    review.wait_for_review(job, job.look, sleep=slept.append)

    assert job.done == ["pause", review.SUBJECT]
    assert slept == [1, 2, 4, 8, 16, 30, 30]


def test_a_job_that_is_paused_already_is_left_as_it_is() -> None:
    job = Job(looks=1, paused=True)

    review.wait_for_review(job, job.look, sleep=pytest.fail)

    assert job.done == []


def test_a_farm_without_comments_is_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from opencue.exception import CueException

    def refuse(subject: str, message: str) -> None:
        raise CueException("not served")

    job = Job(looks=1)
    monkeypatch.setattr(job, "addComment", refuse)

    review.wait_for_review(job, job.look)

    assert job.done == ["pause"]
    found = capsys.readouterr()
    assert (review.MESSAGE in found.out, "no comment" in found.err) == (True, True)


def test_the_helper_finds_its_job(farm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(looks=1)
    farm.api = types.SimpleNamespace(findJob=lambda name: job.look() if job.done else job)
    exceptions = types.SimpleNamespace(CueException=OSError)
    monkeypatch.setitem(sys.modules, "opencue.exception", exceptions)  # type: ignore[arg-type]
    monkeypatch.setenv("CUE_JOB", "demo-shot010-kim_job")

    assert review.main() == 0
    assert job.done == ["pause", review.SUBJECT]


def test_the_helper_belongs_into_a_frame(farm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert review.main() == 2
    assert "CUE_JOB" in capsys.readouterr().err

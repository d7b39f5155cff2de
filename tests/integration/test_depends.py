"""Depends between jobs on a real farm: by the client's calls, over restarts, and what people read of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import opencue
from opencue import Depend
from opencue.api import depend_pb2, job_pb2
from opencue.wrappers.job import Job
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh

KINDS: dict[str, Callable[[Job, Job], Depend]] = {
    "JOB_ON_JOB": lambda er, on: er.createDependencyOnJob(on),
    "JOB_ON_LAYER": lambda er, on: er.createDependencyOnLayer(on.getLayer("aaa")),
    "JOB_ON_FRAME": lambda er, on: er.createDependencyOnFrame(frame(on, 2)),
    "LAYER_ON_JOB": lambda er, on: er.getLayer("aaa").createDependencyOnJob(on),
    "LAYER_ON_LAYER": lambda er, on: er.getLayer("aaa").createDependencyOnLayer(on.getLayer("aaa")),
    "LAYER_ON_FRAME": lambda er, on: er.getLayer("aaa").createDependencyOnFrame(frame(on, 2)),
    "FRAME_ON_JOB": lambda er, on: frame(er, 2).createDependencyOnJob(on),
    "FRAME_ON_LAYER": lambda er, on: frame(er, 2).createDependencyOnLayer(on.getLayer("aaa")),
    "FRAME_ON_FRAME": lambda er, on: frame(er, 2).createDependencyOnFrame(frame(on, 2)),
    "FRAME_BY_FRAME": lambda er, on: er.getLayer("aaa").createFrameByFrameDependency(
        on.getLayer("aaa")
    ),
}


def launch(name: str, *, depends: str = "", paused: bool = False, script: str = "true") -> Job:
    """Launch a job of a layer aaa of three frames; ``depends`` are elements of the spec."""
    spec = job_spec({"aaa": {"argv": sh(script), "range": "1-3"}}, name=name, paused=paused)
    if depends:
        spec = spec.replace("</job><cuelet>", f"</job><depends>{depends}</depends><cuelet>")
    (job,) = opencue.api.launchSpecAndWait(spec)
    return job


def frame(job: Job, number: int) -> opencue.wrappers.frame.Frame:
    return opencue.api.findFrame(job.name(), "aaa", number)


def finished(job: Job) -> bool:
    return opencue.api.getJob(job.id()).state() == job_pb2.FINISHED


def fresh(depend: Depend) -> Depend:
    return opencue.api.getDepend(depend.id())


def kill_farm(box: FarmBox) -> None:
    pid = box.info["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")


def test_every_kind_is_made_by_its_call_and_survives_a_kill_of_the_farm(client: FarmBox) -> None:
    first = launch("first", paused=True)
    jobs = {kind: launch(kind.lower(), paused=True) for kind in KINDS}
    made = {kind: KINDS[kind](jobs[kind], first) for kind in KINDS}

    def story() -> dict[str, Any]:
        return {
            kind: (
                [str(each.data) for each in jobs[kind].getDepends()],
                [f.state() for f in opencue.api.getJob(jobs[kind].id()).getFrames()],
            )
            for kind in KINDS
        }

    for kind, depend in made.items():
        assert depend.type() == depend_pb2.DependType.Value(kind)
        assert depend.target() == depend_pb2.EXTERNAL
        assert depend.isActive()
        assert not depend.isInternal()
        assert (depend.dependErJob(), depend.dependOnJob()) == (jobs[kind].name(), first.name())
    before = story()
    assert len(first.getWhatDependsOnThis()) == len(KINDS)

    kill_farm(client)
    assert client.cuelet("farm", "start").returncode == 0

    assert story() == before
    first.resume()
    for job in jobs.values():
        job.resume()
    wait_until(lambda: all(finished(job) for job in [first, *jobs.values()]))
    assert not any(fresh(depend).isActive() for depend in made.values())


def test_frames_of_two_jobs_go_hand_in_hand_as_the_spec_says(
    client: FarmBox, tmp_path: Path
) -> None:
    log = tmp_path / "order"
    first = launch("first", paused=True, script=f"echo first-#IFRAME# >> {log}")
    depend = (
        "<depend type='FRAME_BY_FRAME'><depjob>second</depjob><deplayer>aaa</deplayer>"
        "<onjob>first</onjob><onlayer>aaa</onlayer></depend>"
    )
    second = launch("second", depends=depend, script=f"echo second-#IFRAME# >> {log}")
    assert second.dependFrames() == 3

    first.resume()
    wait_until(lambda: finished(first) and finished(second))

    lines = log.read_text().split()
    assert len(lines) == 6
    assert all(lines.index(f"first-{n}") < lines.index(f"second-{n}") for n in (1, 2, 3))


def test_a_circle_through_jobs_is_refused_with_its_path(client: FarmBox) -> None:
    first, second = launch("first", paused=True), launch("second", paused=True)
    second.createDependencyOnJob(first)

    with pytest.raises(opencue.CueException, match=f"{first.name()} -> {second.name()} -> "):
        first.createDependencyOnJob(second)

    assert first.getDepends() == []


def test_a_depend_is_satisfied_put_back_and_dropped(client: FarmBox) -> None:
    first, second = launch("first", paused=True), launch("second", paused=True)
    depend = second.createDependencyOnJob(first)

    def held() -> int:
        return opencue.api.getJob(second.id()).dependFrames()

    assert held() == 3
    depend.satisfy()
    assert held() == 0
    depend.unsatisfy()
    assert held() == 3
    assert second.createDependencyOnJob(first).id() == depend.id()
    second.dropDepends(Depend.DependTarget.INTERNAL)
    assert held() == 3
    second.dropDepends(Depend.DependTarget.EXTERNAL)
    assert held() == 0
    frame(second, 2).createDependencyOnJob(first)
    assert held() == 1
    frame(second, 2).dropDepends(Depend.DependTarget.ANY_TARGET)
    assert held() == 0


def test_a_killed_job_holds_what_waits_for_it_and_why_names_the_way_out(client: FarmBox) -> None:
    first, second, third = (
        launch(name, paused=True) for name in ("first", "second", "third")
    )  # paused, so that no frame ends before the depends are there
    second.getLayer("aaa").createDependencyOnLayer(first.getLayer("aaa"))
    third.createDependencyOnJob(second)
    second.resume()
    third.resume()
    first.kill(reason="test")

    watched = client.cuelet("watch", third.name())
    told = client.json("why", second.name())

    assert watched.returncode == 7
    assert f"waits for {second.name()}, which will not succeed by itself" in watched.stderr
    (group,) = told["frames"]
    (reason,) = group["reasons"]
    assert reason["text"].startswith(f"it waits for 3 of 3 frames of aaa of job {first.name()}")
    assert f"in vain: job {first.name()} was killed" in reason["text"]
    command = f"cuelet drop-depends {second.name()} --layer aaa --on {first.name()}"
    cost = f"3 frames of aaa then run without what {first.name()} was to make"
    assert (reason["remedy"], reason["cost"]) == (command, cost)
    assert f"{command} ({cost})" in watched.stderr, "the root of it is told, not the next job only"
    assert client.cuelet(*reason["remedy"].split()[1:]).returncode == 0
    wait_until(lambda: finished(second) and finished(third))


def test_dropping_names_what_is_not_there(client: FarmBox) -> None:
    first, second = launch("first", paused=True), launch("second", paused=True)
    second.createDependencyOnJob(first)

    wrong = client.cuelet("drop-depends", "second", "--layer", "aaa")
    done = client.cuelet("drop-depends", "second")
    again = client.cuelet("drop-depends", "second")

    assert (wrong.returncode, done.returncode, again.returncode) == (1, 0, 1)
    assert "no such depend on another job" in wrong.stderr
    assert done.stdout == f"dropped 1 depend of {second.name()}\n"

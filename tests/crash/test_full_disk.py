"""A full disk under the database, the logs or the sessions: nothing acknowledged is lost, nothing
starts while it lasts, everybody is told, and all goes on by itself when there is room again.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import opencue
from tests.conftest import FarmBox, make_box, wait_until
from tests.crash.disks import fill, small_disk
from tests.specs import job_spec, sh

pytestmark = pytest.mark.slow
GUARD_S = 30.0
"""Far beyond the seconds that are promised: those are measured by bench, not by tests."""


@contextlib.contextmanager
def farm_on(home: Path, monkeypatch: pytest.MonkeyPatch, mounted: str) -> Iterator[FarmBox]:
    """Run a farm of two cores with a small disk at one of its folders."""
    box = make_box(home)
    with small_disk(home / mounted):
        monkeypatch.setenv("CUELET_STATE_DIR", box.env["CUELET_STATE_DIR"])
        monkeypatch.setenv("HOME", box.env["HOME"])
        monkeypatch.delenv("CUEBOT_HOSTS", raising=False)
        opencue.Cuebot.closeChannel()
        box.start()
        try:
            yield box
        finally:
            opencue.Cuebot.closeChannel()
            for file in (home / mounted).glob("fill*"):
                file.unlink()
            left = box.close()
        assert left == [], "processes were left behind"


def launch(name: str, layers: dict[str, Any], **more: Any) -> opencue.wrappers.job.Job:
    (job,) = opencue.api.launchSpecAndWait(job_spec(layers, name=name, **more))
    return job


def alarms() -> list[str]:
    return [disk["text"] for disk in (opencue.farm.info() or {})["out_of_disk"]]


def states(job_id: str) -> Counter[str]:
    frames = opencue.api.getJob(job_id).getFrames(limit=1000)
    return Counter(opencue.api.job_pb2.FrameState.Name(frame.state()) for frame in frames)


def noting(home: Path, *, until: Path | None = None) -> list[str]:
    """Return a command that notes its start outside the small disk, and waits if told to."""
    wait = f"while ! test -e {until}; do sleep 0.05; done" if until else "true"
    return sh(f'echo "$CUE_JOB/$CUE_FRAME" >> {home}/started; {wait}')


def started(home: Path) -> Counter[str]:
    with contextlib.suppress(FileNotFoundError):
        return Counter((home / "started").read_text().split())
    return Counter()


def test_a_full_disk_under_the_database_loses_nothing_and_books_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = tmp_path / "gate"
    with farm_on(tmp_path, monkeypatch, "state") as farm:
        held = launch("held", {"long": {"argv": noting(tmp_path, until=gate), "range": "1-6"}})
        wait_until(lambda: started(tmp_path).total() == 2)

        filling = fill(farm.state_dir)
        gate.touch()
        # The logs lie on the same disk, and may be named as well.
        wait_until(lambda: any("disk for its database" in alarm for alarm in alarms()), GUARD_S)
        wait_until(lambda: states(held.id())["SUCCEEDED"] >= 2, GUARD_S)
        begun = started(tmp_path)

        with pytest.raises(opencue.CueException, match="out of disk.*cuelet farm prune"):
            launch("more", {"main": {"argv": ["true"]}})
        said = farm.cuelet("farm", "status").stdout
        assert "ALARM" in said
        assert "cuelet farm prune" in said
        why = farm.json("why", held.id())["frames"][0]["reasons"]
        assert {reason["code"] for reason in why} == {"disk"}
        assert "out of disk" in (farm.state_dir / "farm.log").read_text() or not os.path.getsize(
            farm.state_dir / "farm.log"
        )

        farm.kill()
        farm.start()  # still no room: what was acknowledged is there all the same
        opencue.Cuebot.closeChannel()
        assert states(held.id())["SUCCEEDED"] == begun.total()
        assert started(tmp_path) == begun, "frames were started on a full disk"

        filling.unlink()
        wait_until(lambda: states(held.id()) == {"SUCCEEDED": 6}, GUARD_S)
        assert not alarms()
        assert (farm.state_dir / "farm.ballast").exists()
        launch("more", {"main": {"argv": ["true"]}})
    assert set(started(tmp_path).values()) == {1}


def test_launches_acknowledged_while_the_disk_fills_up_are_all_there_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with farm_on(tmp_path, monkeypatch, "state") as farm:
        kept = []
        padding = {"argv": ["true", "x" * 100_000], "range": "1-3"}
        with pytest.raises(opencue.CueException, match=r"out of disk|disk is full"):
            for number in range(1000):
                job = launch(f"job{number}", {"main": padding}, paused=True)
                kept.append(job.name())
        assert len(kept) > 3

        farm.kill()
        farm.start()
        opencue.Cuebot.closeChannel()

        there = {job["name"] for job in farm.json("jobs", "--all")}
        assert set(kept) <= there


def test_full_disk_under_the_logs_starts_nothing_and_costs_no_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with farm_on(tmp_path, monkeypatch, "state/logs") as farm:
        filling = fill(farm.state_dir / "logs")

        job = launch("quiet", {"main": {"argv": noting(tmp_path), "range": "1-4", "retries": 0}})
        (alarm,) = wait_until(alarms, GUARD_S)
        assert "out of disk for its logs" in alarm
        wait_until(lambda: states(job.id()) == {"WAITING": 4}, GUARD_S)

        filling.unlink()
        wait_until(lambda: states(job.id()) == {"SUCCEEDED": 4}, GUARD_S)
        assert not alarms()


def test_a_frame_that_fills_the_disk_of_the_logs_fails_alone_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = sh("dd if=/dev/zero bs=64k count=100")
    with farm_on(tmp_path, monkeypatch, "state/logs") as farm:
        job = launch("flood", {"main": {"argv": flood, "retries": 0}})
        wait_until(lambda: states(job.id())["DEAD"], GUARD_S)

        usage = opencue.farm.call("GetUsage", frame_ids=[job.getFrames()[0].id()])["frames"]
        (facts,) = usage.values()
        assert facts["exit_status"] == 1
        assert os.path.getsize(facts["log_path"]) > 1_000_000
        wait_until(alarms, GUARD_S)
        os.unlink(facts["log_path"])
        wait_until(lambda: not alarms(), GUARD_S)
        assert farm.json("show", job.id())["dead"] == 1


def session_spec(name: str, session: Path, argv: list[str]) -> str:
    """Return a job whose session lies in a folder."""
    spec = job_spec({"main": {"argv": argv}}, name=name)
    mark = json.dumps({"title": name})[1:-1]
    assert mark in spec
    return spec.replace(mark, f'{mark}, "session": "{session}"')


def test_a_full_disk_under_sessions_holds_only_the_jobs_that_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with farm_on(tmp_path, monkeypatch, "sessions") as farm:
        session = tmp_path / "sessions" / "show-shot-me_job" / "1234"
        session.mkdir(parents=True)
        filling = fill(tmp_path / "sessions")
        other = launch("first", {"main": {"argv": sh("sleep 2"), "range": "1-2"}})
        wait_until(lambda: states(other.id())["RUNNING"] == 2)
        (held,) = opencue.api.launchSpecAndWait(session_spec("held", session, noting(tmp_path)))
        wait_until(alarms, GUARD_S)
        more = launch("second", {"main": {"argv": ["true"], "range": "1-4"}})

        wait_until(lambda: states(more.id()) == {"SUCCEEDED": 4}, GUARD_S)
        assert started(tmp_path) == {}
        (reason,) = farm.json("why", held.id())["frames"][0]["reasons"]
        assert (reason["code"], reason["remedy"]) == ("disk", "cuelet sessions clean")

        filling.unlink()
        wait_until(lambda: states(held.id()) == {"SUCCEEDED": 1}, GUARD_S)
        assert started(tmp_path).total() == 1


def test_how_soon_booking_stops_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with farm_on(tmp_path, monkeypatch, "state") as farm:
        job = launch("stream", {"main": {"argv": noting(tmp_path), "range": "1-100000"}})
        wait_until(lambda: started(tmp_path).total() > 20)
        filling = fill(farm.state_dir)
        full_at = time.monotonic()
        wait_until(alarms, GUARD_S)
        told_s = time.monotonic() - full_at
        wait_until(lambda: states(job.id())["RUNNING"] == 0, GUARD_S)
        before = started(tmp_path)
        time.sleep(1.0)
        assert started(tmp_path) == before, "frames were started on a full disk"

        room_at = time.monotonic()
        filling.unlink()
        wait_until(lambda: started(tmp_path) != before, GUARD_S)
        resumed_s = time.monotonic() - room_at
        farm.cuelet("kill", job.id())
    with capsys.disabled():
        print(f"\nfull disk: told after {told_s:.2f} s, resumed after {resumed_s:.2f} s")
    assert set(started(tmp_path).values()) == {1}

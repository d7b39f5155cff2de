"""Watching a job on a stock Cuebot: it outlives a restart, and says why nothing starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opencue_proto import job_pb2

from cuelet.client import watching
from cuelet.client.watching import watch
from opencue import ending
from opencue.cuebot import Cuebot
from opencue.ending import Patience
from tests.stock_cuebot import RUNNING, SUCCEEDED, WAITING, StockCuebot


@pytest.fixture
def cuebot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StockCuebot]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CUELET_SERVER_USERS", "any")
    monkeypatch.setattr(ending, "TELL_AFTER_S", 0.0)
    monkeypatch.setattr(watching, "POLL_S", 0.0)
    server = StockCuebot()
    Cuebot.setHosts(server.host)
    yield server
    server.close()
    Cuebot.closeChannel()
    Cuebot.Hosts = None


def test_a_restart_of_cuebot_does_not_end_it(cuebot: StockCuebot) -> None:
    job = cuebot.add_job("demo-sh010-ada_hello")
    cuebot.add_layer(job, "render", {1: RUNNING})
    said: list[str] = []
    again: list[StockCuebot] = []

    def restart(text: str) -> None:
        """Start another one at the same port once the first is missed, with the job finished meanwhile."""
        said.append(text)
        if not again:
            again.append(StockCuebot(cuebot.port))
            again[0].jobs, again[0].layers, again[0].frames = (
                cuebot.jobs,
                cuebot.layers,
                cuebot.frames,
            )
            cuebot.frames[job.id][0].state = SUCCEEDED
            cuebot._count(job.id)
            job.state = job_pb2.FINISHED

    looks = watch(job.id, Patience(restart))
    assert next(looks).ending is None
    cuebot.close()
    *_, last = looks
    again[0].close()

    assert last.ending is not None
    assert last.ending.is_success
    assert [text.partition(",")[0] for text in said] == [
        "the farm does not answer",
        "the farm answers again",
    ]


def test_a_job_that_does_not_start_says_what_it_waits_for_and_after_a_while_why(
    cuebot: StockCuebot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuebot.add_show("demo", subscribed="")
    cuebot.add_host()
    job = cuebot.add_job("demo-sh010-ada_hello")
    cuebot.add_layer(job, "render", {1: WAITING})

    looks = watch(job.id)
    first = next(looks)
    assert first.job.waits == "for OpenCue's next look for work, every half minute or so"
    assert first.held is None

    monkeypatch.setattr(watching, "IDLE_S", 0.0)
    held = next(looks).held
    assert held is not None
    assert held.code == "subscription"
    assert held.remedy == "cueadmin -create-sub demo local.general 1000 1000"

    cuebot.frames[job.id][0].state = RUNNING
    cuebot._count(job.id)
    running = next(looks)
    assert (running.held, running.job.waits) == (None, "")

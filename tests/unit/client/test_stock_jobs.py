"""Jobs of a stock Cuebot in commands: lists by any name, and frames that are given up release what waited for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opencue_proto import depend_pb2

import opencue
from cuelet.client import eating
from cuelet.client.actions import select_dead
from cuelet.client.eating import Eaten, eat
from cuelet.client.errors import NoFramesError
from cuelet.client.job_list import JobFilter, list_jobs
from cuelet.client.naming.targets import find_frame, find_targets
from opencue.cuebot import Cuebot
from tests.stock_cuebot import DEAD, DEPEND, SUCCEEDED, StockCuebot

NAME = "demo-sh010-ada_hello"


@pytest.fixture
def cuebot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StockCuebot]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    server = StockCuebot()
    Cuebot.setHosts(server.host)
    yield server
    server.close()
    Cuebot.closeChannel()
    Cuebot.Hosts = None


@pytest.fixture
def job(cuebot: StockCuebot) -> Any:
    """A job whose frame 3 died; comp waits frame by frame for render, movie for all of comp, clean for all of render."""
    made = cuebot.add_job(NAME)
    cuebot.add_layer(made, "render", {1: SUCCEEDED, 3: DEAD})
    cuebot.add_layer(made, "comp", {1: SUCCEEDED, 3: DEPEND})
    cuebot.add_layer(made, "movie", {1: DEPEND})
    cuebot.add_layer(made, "clean", {1: DEPEND})
    ends = {"depend_er_job": NAME, "depend_on_job": NAME}
    pair = {"depend_er_layer": "comp", "depend_on_layer": "render"}
    cuebot.add_depend(type=depend_pb2.FRAME_BY_FRAME, **ends, **pair)
    cuebot.add_depend(
        type=depend_pb2.FRAME_ON_FRAME, **ends, **pair,
        depend_er_frame="0003-comp", depend_on_frame="0003-render",
    )  # fmt: skip
    for waits, on in (("movie", "comp"), ("clean", "render")):
        layers = {"depend_er_layer": waits, "depend_on_layer": on}
        cuebot.add_depend(type=depend_pb2.LAYER_ON_LAYER, **ends, **layers)
    return made


def chosen(job: Any) -> Any:
    return select_dead(opencue.api.getJob(job.id), layers=None, frames=None)


def test_what_waited_for_eaten_frames_goes_on(cuebot: StockCuebot, job: Any) -> None:
    assert eat(chosen(job)) == Eaten(frames=1, released=2)

    assert cuebot.states(job) == {
        "0001-render": "SUCCEEDED", "0003-render": "EATEN", "0001-comp": "SUCCEEDED",
        "0003-comp": "WAITING", "0001-movie": "DEPEND", "0001-clean": "WAITING",
    }  # fmt: skip


def test_a_cuebot_that_releases_by_itself_is_left_to_it(
    cuebot: StockCuebot, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuebot.releases_eaten = True
    for depend in cuebot.depends:
        if depend.depend_er_layer == "clean":
            depend.active = False  # as such a Cuebot has it once the layer is done

    assert eat(chosen(job)) == Eaten(frames=1)
    assert "Job/MarkDoneFrames" not in cuebot.names()


def test_frames_that_succeeded_are_not_eaten(cuebot: StockCuebot, job: Any) -> None:
    found = opencue.api.getJob(job.id)
    eat(select_dead(found, layers=["render"], frames="1-3"))
    assert cuebot.states(job)["0001-render"] == "SUCCEEDED"

    with pytest.raises(NoFramesError, match="has not succeeded"):
        eat(select_dead(found, layers=["render"], frames="1"))


def test_a_cuebot_that_takes_its_time_is_waited_for(
    cuebot: StockCuebot, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eating, "WAIT_S", 0.0)
    rule = cuebot._job_eat_frames
    monkeypatch.setattr(cuebot, "_job_eat_frames", lambda _: {}, raising=False)
    assert eat(chosen(job)).frames == 1
    assert cuebot.states(job)["0003-render"] == "DEAD"
    assert rule is not None


def test_jobs_are_listed_by_any_of_their_names(cuebot: StockCuebot) -> None:
    cuebot.add_job("demo-sh010-ada_first_job")
    cuebot.add_job("demo-sh010-ada_other")

    for name in ("first-job", "First_Job", "demo-sh010-ada_first_job", "first*"):
        [found] = list_jobs(JobFilter(name=[name])).jobs
        assert found.name == "demo-sh010-ada_first_job", name


def test_words_of_commands_name_parts_of_jobs_that_have_ended(cuebot: StockCuebot) -> None:
    job = cuebot.add_job(NAME, finished=True)
    layer = cuebot.add_layer(job, "render", {1: SUCCEEDED, 2: SUCCEEDED})

    for words in (["hello", "render", "2"], ["hello", "2-render"], ["hello", "2"],
                  [cuebot.frames[job.id][1].id], [job.id[:8], "0002-render"]):  # fmt: skip
        assert find_frame(words)[1].name() == "0002-render", words
    [target] = find_targets([layer.id])
    assert (target.job.id(), target.layer) == (job.id, "render")

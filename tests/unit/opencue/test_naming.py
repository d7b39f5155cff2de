"""Names on a stock Cuebot, which itself finds pending jobs by full names only: any name means there what it means here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.stock_cuebot import DEAD, SUCCEEDED, WAITING, StockCuebot

from cuelet.core.values import ids, names
from opencue import api
from opencue.cuebot import Cuebot
from opencue.exception import AmbiguousNameException, EntityNotFoundException
from opencue.naming import spelling
from opencue.naming.jobs import find, job_words


@pytest.fixture
def cuebot() -> Iterator[StockCuebot]:
    server = StockCuebot()
    Cuebot.setHosts(server.host)
    yield server
    server.close()


def test_a_pending_job_is_found_by_every_spelling_of_its_names(cuebot: StockCuebot) -> None:
    job = cuebot.add_job("demo-sh010-ada_first_job")
    cuebot.add_job("demo-sh010-ada_first_job_two")

    for name in ("demo-sh010-ada_first_job", "DEMO-SH010-ADA_FIRST_JOB", "first_job", "first-job",
                 "First-Job", "first__job", "demo-sh010-ada_first-job", job.id, job.id[:8], job.id[:4]):  # fmt: skip
        assert api.findJob(name).id() == job.id, name


def test_a_job_that_has_ended_keeps_its_names(cuebot: StockCuebot) -> None:
    job = cuebot.add_job("demo-sh010-ada_hello_v001", finished=True)
    cuebot.add_layer(job, "my_layer", {1: SUCCEEDED, 2: DEAD})

    for name in ("demo-sh010-ada_hello_v001", "hello-v001", job.id[:6]):
        found = api.findJob(name)
        assert found.id() == job.id, name
        assert found.getLayer("My-Layer").name() == "my_layer"
        assert api.findLayer(name, "my-layer").name() == "my_layer"
        assert api.findFrame(name, "my-layer", 2).name() == "0002-my_layer"
        assert len(api.getFrames(name)) == 2
        assert not api.isJobPending(name)


def test_pending_jobs_come_before_ended_ones_and_of_these_the_latest(cuebot: StockCuebot) -> None:
    old = cuebot.add_job("demo-sh010-ada_twice", finished=True, at=10)
    new = cuebot.add_job("demo-sh010-ada_twice", finished=True, at=20)
    assert api.findJob("twice").id() == new.id
    assert api.findJob(old.id).id() == old.id

    running = cuebot.add_job("demo-sh010-ada_twice", at=30)
    assert api.findJob("twice").id() == running.id
    assert api.isJobPending("twice")


def test_a_layer_of_an_ended_job_is_its_own(cuebot: StockCuebot) -> None:
    old = cuebot.add_job("demo-sh010-ada_twice", finished=True)
    new = cuebot.add_job("demo-sh010-ada_twice")
    theirs = [cuebot.add_layer(job, "render", {1: WAITING}).id for job in (old, new)]

    assert [api.getJob(job.id).getLayer("render").id() for job in (old, new)] == theirs


def test_a_name_of_several_jobs_is_refused_with_all_of_them(cuebot: StockCuebot) -> None:
    cuebot.add_job("demo-sh010-ada_hello")
    cuebot.add_job("demo-sh020-bob_hello")
    cuebot.add_job("demo-sh030-bob_hello", finished=True)

    with pytest.raises(AmbiguousNameException) as refused:
        api.findJob("hello")
    assert "demo-sh010-ada_hello" in str(refused.value)
    assert "demo-sh020-bob_hello" in str(refused.value)
    assert "sh030" not in str(refused.value)
    assert api.findJob("demo-sh010-ada_hello").name() == "demo-sh010-ada_hello"


def test_a_name_of_nothing_says_so_and_where_to_look(cuebot: StockCuebot) -> None:
    for name in ("nosuch", "", "a\0b", "x" * 2000, "(", "[", "%", "abcd", "--", "_", "é"):
        with pytest.raises(EntityNotFoundException, match="no job .*cueadmin -lj"):
            api.findJob(name)
        assert not api.isJobPending(name)


def test_globs_match_full_and_short_names_as_on_the_embedded_farm(cuebot: StockCuebot) -> None:
    for name in ("demo-sh010-ada_shot_1", "demo-sh010-ada_shot_2", "demo-sh010-ada_other"):
        cuebot.add_job(name)

    for pattern, number in (("shot*", 2), ("SHOT_?", 2), ("shot_[12]", 2), ("shot_[!1]", 1),
                            ("demo-*", 3), ("*", 3), ("[", 0), ("zz*", 0)):  # fmt: skip
        assert len(find(pattern).jobs) == number, pattern


def test_ids_of_layers_and_frames_lead_to_their_jobs(cuebot: StockCuebot) -> None:
    cuebot.add_job("demo-sh010-ada_other", at=2000)
    job = cuebot.add_job("demo-sh010-ada_hello", finished=True)
    layer = cuebot.add_layer(job, "render", {1: SUCCEEDED, 2: DEAD})
    frame = cuebot.frames[job.id][1]

    [part] = find(layer.id).parts
    assert (part.job_id, part.layer, part.number) == (job.id, "render", None)
    [part] = find(frame.id).parts
    assert (part.job_id, part.layer, part.number) == (job.id, "render", 2)


def test_what_may_have_been_meant_is_known_of_ended_jobs_too(cuebot: StockCuebot) -> None:
    cuebot.add_job("demo-sh010-ada_late", finished=True, at=50)
    cuebot.add_job("demo-sh010-ada_early", at=10)

    assert job_words()[:2] == ["late", "demo-sh010-ada_late"]
    assert "early" in job_words()


TEXTS = st.text("ab01_-.*?[]! \n\0ABéÿ", max_size=12)


@settings(max_examples=examples(200), deadline=None)
@given(TEXTS)
def test_the_client_spells_as_the_embedded_farm_does(text: str) -> None:
    assert spelling.lookup_key(text) == names.lookup_key(text)
    assert spelling.is_glob(text) == names.is_glob(text)
    assert spelling.is_beginning(text) == ids.is_beginning(text)


@settings(max_examples=examples(200), deadline=None)
@given(TEXTS, TEXTS)
def test_globs_mean_the_same_on_both_sides(pattern: str, name: str) -> None:
    assert spelling.glob_test(pattern)(name) == names.glob_test(pattern)(name)


NAMES = st.from_regex(r"[a-z0-9_.]{3,10}", fullmatch=True)


@settings(max_examples=examples(200), deadline=None)
@given(st.data())
def test_a_search_leaves_out_no_job_of_a_name(data: st.DataObject) -> None:
    wire = data.draw(NAMES)
    full = f"demo-sh_010-a.b_{wire.lstrip('_') or 'abc'}"
    for name in (full, full.partition("a.b_")[2]):
        spelled = "".join(data.draw(st.sampled_from((c, c.upper(), "-" if c == "_" else c))) for c in name)  # fmt: skip
        assert re.search(spelling.name_regex(spelled), full)


@settings(max_examples=examples(200), deadline=None)
@given(st.from_regex(r"[a-z0-9_.*?\[\]!-]{1,8}", fullmatch=True), NAMES)
def test_a_search_leaves_out_no_job_of_a_glob(pattern: str, name: str) -> None:
    if spelling.glob_test(pattern)(name):
        assert re.search(spelling.glob_regex(pattern), name)

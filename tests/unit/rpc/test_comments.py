"""Comments on jobs: as messages, and what can be done to them."""

from __future__ import annotations

import pytest
from opencue_proto import comment_pb2

from cuelet.core.operations.comments import (
    MAX_COMMENT_LENGTH,
    MAX_COMMENTS,
    add_comment,
    delete_comment,
    edit_comment,
)
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.rpc import search
from cuelet.rpc.opencue import comments
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of


@pytest.fixture
def bench() -> Bench:
    return Bench(spec_of(LayerSpec(name="main", command="x")))


def add(b: Bench, number: int, subject: str = "s", message: str = "m") -> None:
    add_comment(b.job, Comment(number, 9.5, "me", subject, message), b.decision)


def said(job: Job) -> list[str]:
    return [each.subject for each in comments.comment_seq(job).comments]


def test_a_comment_is_stamped_by_the_farm() -> None:
    sent = comment_pb2.Comment(id="x", timestamp=5, user="kim", subject="look", message="at this")

    made = comments.new_comment(sent, 99.5)

    assert made[1:] == (99.5, "kim", "look", "at this")
    assert 0 <= made.number < 2**40
    assert comments.new_comment(sent, 99.5).number != made.number


def test_comments_are_told_in_the_order_of_their_coming(bench: Bench) -> None:
    for number, subject in ((9, "first"), (3, "second"), (5, "third")):
        add(bench, number, subject)

    assert said(bench.job) == ["first", "second", "third"]
    message = comments.comment_seq(bench.job).comments[1]
    assert (message.user, message.message, message.timestamp) == ("me", "m", 9)
    assert search.part_of(bench.farm, message.id, ids.Kind.COMMENT) == (bench.job, 3)


def test_an_edited_comment_keeps_its_place_writer_and_time(bench: Bench) -> None:
    add(bench, 1)
    add(bench, 2, "last")
    bench.decide()

    edit_comment(bench.job, 1, "new", "text", bench.decision)

    assert bench.job.comments[0] == Comment(1, 9.5, "me", "new", "text")
    assert said(bench.job) == ["new", "last"]
    assert bench.job.id in bench.decide().jobs


def test_a_deleted_comment_is_gone_and_the_others_stay(bench: Bench) -> None:
    for number in (1, 2, 3):
        add(bench, number, f"{number}")
    bench.decide()

    delete_comment(bench.job, 2, bench.decision)

    assert said(bench.job) == ["1", "3"]
    assert bench.job.id in bench.decide().jobs


def test_what_is_not_there_can_be_neither_edited_nor_deleted(bench: Bench) -> None:
    decision = Decision()

    with pytest.raises(NotFoundError, match="no comment"):
        delete_comment(bench.job, 1, decision)
    with pytest.raises(NotFoundError, match="no comment"):
        edit_comment(bench.job, 1, "a", "b", decision)

    assert not decision


def test_a_comment_too_long_is_refused_and_changes_nothing(bench: Bench) -> None:
    add(bench, 1)
    long = "x" * MAX_COMMENT_LENGTH

    with pytest.raises(InvalidRequestError, match="more than 65,536 characters"):
        add(bench, 2, message=long)
    with pytest.raises(InvalidRequestError, match="characters"):
        edit_comment(bench.job, 1, "s", long, bench.decision)

    assert [each[3:] for each in bench.job.comments] == [("s", "m")]


def test_a_job_holds_only_so_many_comments(bench: Bench) -> None:
    for number in range(MAX_COMMENTS):
        add(bench, number)

    with pytest.raises(InvalidRequestError, match="it has 1000 already"):
        add(bench, 5000)

    assert len(bench.job.comments) == MAX_COMMENTS

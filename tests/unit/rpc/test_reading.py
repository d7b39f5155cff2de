"""Requests out of bytes, and refusals that a header has room for."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencue_proto import job_pb2

from cuelet.core.values.errors import NotFoundError, quoted
from cuelet.rpc.guard import shortened
from cuelet.rpc.reading import UnreadableRequestError, read

Find = job_pb2.JobFindJobRequest
Reorder = job_pb2.JobReorderFramesRequest
Cores = job_pb2.LayerSetMinCoresRequest


def refusal(message: Any) -> UnreadableRequestError:
    with pytest.raises(UnreadableRequestError) as caught:
        read(message.SerializeToString(), type(message).FromString, "Call")
    return caught.value


@given(st.text())
def test_a_request_is_read_as_it_was_sent(name: str) -> None:
    sent = Find(name=name)

    assert read(sent.SerializeToString(), Find.FromString, "FindJob") == sent


@given(st.binary())
def test_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        found = read(data, Reorder.FromString, "ReorderFrames")
    except UnreadableRequestError:
        return
    assert Reorder.FromString(data) == found


def test_bytes_that_are_no_message_are_shown_by_their_beginning() -> None:
    with pytest.raises(UnreadableRequestError) as caught:
        read(b"\xff" * 1000, Find.FromString, "FindJob")

    assert str(caught.value).startswith("FindJob, request b'\\xff\\xff")
    assert len(str(caught.value)) < 150


def test_a_choice_that_does_not_exist_is_refused_wherever_it_stands() -> None:
    search = job_pb2.FrameSearchCriteria()
    search.states.frame_states.append(99)

    error = refusal(job_pb2.JobGetFramesRequest(req=search))

    assert (error.field, error.value) == ("frame_states", 99)
    assert "WAITING" in str(error)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    error = refusal(Cores(cores=value))

    assert (error.field, error.reason) == ("cores", "use a number")


def test_numbers_and_choices_that_exist_are_taken() -> None:
    for message in (Cores(cores=-1.5), Reorder(order=job_pb2.REVERSE, range="1-3")):
        assert read(message.SerializeToString(), type(message).FromString, "Call") == message


@given(st.text(min_size=1))
def test_a_quoted_value_is_whole_or_cut_at_its_end(value: str) -> None:
    text = quoted(value)

    assert len(text) <= 80
    assert text == repr(value) or text.endswith("...")


def test_a_name_of_a_megabyte_leaves_the_way_out_readable() -> None:
    error = NotFoundError(kind="job", name="x" * 2**20, remedy="see cuelet jobs --all")

    assert str(error).endswith("xxx...; see cuelet jobs --all")
    assert error.name == "x" * 2**20


@given(st.text(alphabet="ab\u00e9\U0001f600'\n", min_size=1).map(lambda part: part * 400))
def test_any_refusal_fits_into_a_header(text: str) -> None:
    short = shortened(text)

    assert len(short) <= 605
    assert short[:300] == text[:300]
    assert short[-300:] == text[-300:]

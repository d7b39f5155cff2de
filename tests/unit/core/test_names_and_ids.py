"""OpenCue's normal form of names, and ids in which the job can be read."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidSpecError
from cuelet.core.values.ids import Kind
from cuelet.core.values.names import MAX_NAME, lookup_key, normal_job, normal_layer, normal_shot


@pytest.mark.parametrize(
    ("given_name", "wire"),
    [
        ("main", "main"),
        ("Main-Render", "main_render"),
        ("main--render", "main__render"),
        ("a.b", "a.b"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
    ],
)
def test_a_layer_name_is_lowered_and_its_dashes_become_underscores(
    given_name: str, wire: str
) -> None:
    assert normal_layer(given_name) == wire
    assert normal_shot(given_name) == wire


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "---",
        "a b",
        "a/b",
        "../x",
        "abc\n",
        "naïve",
        "x" * (MAX_NAME + 1),
        "abc\0",
        "-r f",
    ],
)
def test_an_odd_layer_name_is_refused_and_shown(name: str) -> None:
    with pytest.raises(InvalidSpecError, match="layer name") as refused:
        normal_layer(name)

    assert refused.value.value == name


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("test", "show-shot-me_test"),
        ("Test-Job", "show-shot-me_test_job"),
        ("show-shot-me_test", "show-shot-me_test"),
        ("SHOW-shot-me_test", "show-shot-me_show_shot_me_test"),
        ("a__b___c", "show-shot-me_a_b_c"),
        ("a--b", "show-shot-me_a__b"),
        ("_test", "show-shot-me_test"),
        ("v1.2", "show-shot-me_v1.2"),
    ],
)
def test_a_job_name_gets_the_prefix_once_and_the_normal_form(name: str, wire: str) -> None:
    assert normal_job(name, show="show", shot="shot", user="me") == wire


@pytest.mark.parametrize("name", ["", "ab", "---", "___", "show-shot-me_", "a b c", "x" * 300])
def test_a_job_name_without_enough_to_read_is_refused(name: str) -> None:
    with pytest.raises(InvalidSpecError, match="job name"):
        normal_job(name, show="show", shot="shot", user="me")


def test_every_spelling_of_a_name_has_one_lookup_key() -> None:
    spellings = ["My-Job--v001", "my_job__v001", "MY_JOB_V001", "my-job-v001"]

    assert {lookup_key(name) for name in spellings} == {"my_job_v001"}


def test_a_job_id_is_a_uuid_that_ends_in_zeros() -> None:
    made = ids.job_id(0xDEADBEEF << 60)

    assert str(uuid.UUID(made)) == made
    assert uuid.UUID(made).version == 4
    assert made.endswith("-000000000000")


@given(
    st.integers(0, 2**128 - 1),
    st.sampled_from(Kind),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**32),
)
def test_job_kind_and_index_are_read_back_from_an_id(
    entropy: int, kind: Kind, index: int, attempt: int
) -> None:
    job = ids.job_id(entropy)
    part = ids.part_id(job, kind, index)

    assert ids.split_id(part) == (job, kind, index)
    found = ids.split_run_id(ids.run_id(part, attempt))
    assert found == ((job, index, attempt) if kind is Kind.FRAME else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "00000000-0000-4000-8000-04000000000",
        "00000000-0000-4000-8000-0400000000000",
        "00000000-0000-4000-8000-060000000000",
        "00000000-0000-4000-8000-02000000000A",
        "00000000-0000-4000-8000-000000000000\n",
        "0000000000004000800000000000000",
    ],
)
def test_what_is_no_id_of_ours_is_told_apart(text: str) -> None:
    assert ids.split_id(text) is None
    assert ids.split_run_id(text) is None


@pytest.mark.parametrize("attempt", ["", ".", ".x", ".-1", ".1.2"])
def test_a_run_id_needs_a_number_for_its_attempt(attempt: str) -> None:
    frame = ids.part_id(ids.job_id(1), Kind.FRAME, 3)

    assert ids.split_run_id(frame + attempt) is None


@given(st.text())
def test_any_text_is_split_or_refused_without_an_error(text: str) -> None:
    ids.split_id(text)
    ids.split_run_id(text)

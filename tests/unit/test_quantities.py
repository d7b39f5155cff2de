"""Numbers and times as people read them."""

from __future__ import annotations

import pytest

from cuelet.quantities import count, duration, memory


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (60, "1:00"),
        (185, "3:05"),
        (3600, "1:00:00"),
        (7385.9, "2:03:05"),
        (90_000, "25:00:00"),
    ],
)
def test_a_duration_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(9.96, "10 s"), (59.7, "1:00"), (59.4, "59 s")])
def test_a_duration_that_is_rounded_up_takes_the_next_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("kib", "text"),
    [
        (0, "0 KB"),
        (1023, "1023 KB"),
        (1024, "1 MB"),
        (512 * 1024, "512 MB"),
        (1.5 * 2**20, "1.5 GB"),
    ],
)
def test_memory_has_the_unit_that_fits(kib: float, text: str) -> None:
    assert memory(kib) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames"), (12345, "12,345 frames")]
)
def test_a_count_is_singular_for_one(number: int, text: str) -> None:
    assert count(number, "frame") == text

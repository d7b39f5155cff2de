"""How long `watch` waits for a server that is gone: in time, and in tries where time is short."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opencue import ending
from opencue.exception import (
    ConnectionException,
    CueException,
    DeadlineExceededException,
    FarmNotOursException,
)


@pytest.fixture(autouse=True)
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look take a minute."""
    now = [0.0]

    def monotonic() -> float:
        now[0] += 60.0
        return now[0]

    monkeypatch.setattr(ending.time, "monotonic", monotonic)
    monkeypatch.setattr(ending.time, "sleep", lambda _: None)


def failing(times: int, error: Exception) -> Callable[[], int]:
    """Return a look that fails so often, then tells how often it was tried."""
    tried = [0]

    def look() -> int:
        tried[0] += 1
        if tried[0] <= times:
            raise error
        return tried[0]

    return look


def test_a_server_that_comes_back_at_the_last_try_is_found_however_long_it_took() -> None:
    last = ending.PATIENT_TRIES

    assert ending.patiently(failing(last - 1, ConnectionException("gone"))) == last


@pytest.mark.parametrize("kind", [ConnectionException, DeadlineExceededException])
def test_one_that_does_not_come_back_is_given_up(kind: type[CueException]) -> None:
    with pytest.raises(kind):
        ending.patiently(failing(ending.PATIENT_TRIES, kind("gone")))

    assert ending.patiently(failing(ending.PATIENT_TRIES - 1, kind("busy"))) > 1


def test_another_users_farm_is_refused_at_once() -> None:
    with pytest.raises(FarmNotOursException):
        ending.patiently(failing(1, FarmNotOursException(path="/x", owner=1)))

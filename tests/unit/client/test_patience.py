"""How long `watch` waits for a server that is gone: in time, and in tries where time is short."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from opencue import ending
from opencue.exception import (
    ConnectionException,
    CuebotDatabaseException,
    CueException,
    DeadlineExceededException,
    FarmNotOursException,
    NoOpenCueException,
    ServerNotOursException,
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


def test_whose_a_server_is_may_be_unclear_while_it_stops() -> None:
    unclear = ServerNotOursException(target="127.0.0.1:1", owner=None)
    assert ending.patiently(failing(1, unclear)) == 2

    with pytest.raises(ServerNotOursException):
        ending.patiently(failing(1, ServerNotOursException(target="127.0.0.1:1", owner=1)))


def test_a_cuebot_may_be_away_for_longer_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUEBOT_HOSTS", "127.0.0.1:1")
    gone = CuebotDatabaseException(target="127.0.0.1:1")
    said: list[str] = []
    last = int(
        ending.CUEBOT_PATIENCE_S / 60 / 3
    )  # a look that fails reads the clock up to three times

    assert ending.patiently(failing(last, gone), ending.Patience(said.append)) == last + 1
    away, back = said
    assert away.startswith("the farm does not answer, waiting up to 5 minutes for it; jobs go on")
    assert "has no connection to its database" in away
    assert back == "the farm answers again"


def test_who_waits_no_longer_for_other_reasons_is_told_at_once() -> None:
    with pytest.raises(ConnectionException):
        ending.patiently(failing(1, ConnectionException("gone")), ending.Patience(until=0.0))


def test_what_is_no_cuebot_is_not_waited_for() -> None:
    with pytest.raises(NoOpenCueException):
        ending.patiently(failing(1, NoOpenCueException(target="x:1", said="?")))

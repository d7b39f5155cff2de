"""Numbers and times as people read them, and exit statuses of errors."""

from __future__ import annotations

import pytest

import opencue
import outline
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.main import _status_of, main
from cuelet.cli.text import count, duration, memory, signal_name
from cuelet.settings import LocalEnvironmentError
from opencue.exception import (
    ConnectionException,
    EntityNotFoundException,
    FarmNotOursException,
    FarmNotStartedException,
    PermissionDeniedException,
)


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


@pytest.mark.parametrize(("number", "text"), [(11, "SIGSEGV"), (9, "SIGKILL"), (99, "signal 99")])
def test_a_signal_has_its_name(number: int, text: str) -> None:
    assert signal_name(number) == text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectionException("gone"), Exit.UNREACHABLE),
        (FarmNotStartedException(command=["x"], state_dir="/s", reason="r"), Exit.UNREACHABLE),
        (FarmNotOursException(path="/s", owner=7), Exit.DENIED),
        (PermissionDeniedException("no"), Exit.DENIED),
        (EntityNotFoundException("no"), Exit.NOT_FOUND),
        (opencue.CueException("no"), Exit.FAILED),
        (outline.OutlineException("no"), Exit.FAILED),
        (
            LocalEnvironmentError(path=__import__("pathlib").Path("/x"), reason="r"),
            Exit.ENVIRONMENT,
        ),
        (ZeroDivisionError(), None),
    ],
)
def test_every_error_of_the_user_has_its_exit_status(error: Exception, status: Exit | None) -> None:
    assert _status_of(error) == status


def test_exit_statuses_never_change() -> None:
    assert {each.name: each.value for each in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "UNREACHABLE": 3,
        "ENVIRONMENT": 4,
        "NOT_FOUND": 5,
        "DENIED": 6,
        "DEAD_FRAMES": 7,
        "TIMEOUT": 124,
        "INTERRUPTED": 130,
    }
    assert CommandError("x").status is Exit.FAILED


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["show"], ["farm"], ["retry"], ["run", "--bad"]]
)
def test_a_wrong_command_line_ends_with_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)

    assert left.value.code == Exit.USAGE
    assert "usage: cuelet" in capsys.readouterr().err

"""Exit statuses of errors and of wrong command lines."""

from __future__ import annotations

import pytest

import opencue
import outline
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.main import _status_of, main
from cuelet.settings import LocalEnvironmentError
from opencue.exception import (
    ConnectionException,
    EntityNotFoundException,
    FarmNotOursException,
    FarmNotStartedException,
    PermissionDeniedException,
)


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

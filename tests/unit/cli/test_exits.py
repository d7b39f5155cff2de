"""Exit statuses of errors and of wrong command lines."""

from __future__ import annotations

import pytest

import opencue
import outline
from cuelet.cli.exits import CommandError, Exit, say
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
        (FarmNotStartedException(command=["x"], state_dir="/s", reason="r"), Exit.ENVIRONMENT),
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
    said = capsys.readouterr().err
    assert said.startswith("usage: cuelet" if not argv else "cuelet")
    assert not argv or said.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (["shwo", "job"], "show"),
        (["farm", "strat"], "start"),
        (["--versoin"], "--version"),
        (["show", "--jsno", "job"], "--json"),
        (["show", "--jsno"], "--json"),
        (["farm", "start", "--cors", "2"], "--cores"),
        (["farm", "start", "--memory-policy", "wran"], "warn"),
        (["retry", "job", "--laywr=x"], "--layer"),
    ],
)
def test_a_slip_of_the_hand_is_answered_with_what_was_meant(
    argv: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(argv)

    assert f"did you mean {meant}" in capsys.readouterr().err


def test_what_is_like_nothing_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["farm", "xyzzy"])

    assert "use start, stop, status" in capsys.readouterr().err


def test_an_error_is_said_so_that_it_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    say("cannot run \x1b[2J" + "x" * 100_000 + " end")

    said = capsys.readouterr().err
    assert said.startswith("cuelet: cannot run ?[2Jxxx")
    assert "[100,019 characters]" in said
    assert said.endswith("x end\n")
    assert len(said) < 2200

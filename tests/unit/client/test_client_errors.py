"""Every error of the client has its fields, its words and an exit status of the command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cuelet.cli.exits import Exit
from cuelet.cli.main import _status_of
from cuelet.client import errors

EXAMPLES = [
    (
        errors.AttemptNotFoundError(frame="0001-l", number=9, known=[1, 2]),
        Exit.NOT_FOUND,
        "frame 0001-l has no log of attempt 9; there are 1, 2",
    ),
    (
        errors.JobNotFoundError(word="bkae", meant="; did you mean bake?"),
        Exit.NOT_FOUND,
        "no job 'bkae'; did you mean bake?",
    ),
    (errors.JobNotFoundError(word="b"), Exit.NOT_FOUND, "no job 'b'; see cuelet jobs --all"),
    (
        errors.PartNotFoundError(job="j", word="rendr", layers=["render", "comp"]),
        Exit.NOT_FOUND,
        "no layer 'rendr' in j; it has render, comp",
    ),
    (
        errors.FrameNotFoundError(job="j", layer="l", number=9, there="1-5", nearest="0005-l"),
        Exit.NOT_FOUND,
        "no frame 9 in layer 'l' of j; it has 1-5; did you mean 0005-l?",
    ),
    (
        errors.AmbiguousNameError(word="a", meanings=[("1a", "x"), ("1b", "y")]),
        Exit.USAGE,
        "'a' could mean 2 things; name one by what stands first:\n  1a  x\n  1b  y",
    ),
    (
        errors.FrameNotFoundError(job="j", layer="l", number=9),
        Exit.NOT_FOUND,
        "no frame 9 in layer 'l' of j",
    ),
    (
        errors.LogNotFoundError(frame="0001-l", path=Path("/x")),
        Exit.NOT_FOUND,
        "frame 0001-l has no log yet (/x)",
    ),
    (
        errors.SessionNotFoundError(named="s", root=Path("/r")),
        Exit.NOT_FOUND,
        "no session 's' in /r; see cuelet sessions list",
    ),
    (
        errors.AmbiguousFrameError(what="layer 'l'", count=2, first="0001-l"),
        Exit.USAGE,
        "layer 'l' has 2 frames; name one like 0001-l",
    ),
    (
        errors.AmbiguousFrameError(what="layer 'l'", count=0, first=""),
        Exit.USAGE,
        "layer 'l' has 0 frames; name one like 12-render",
    ),
    (
        errors.InvalidFramesError(text="5-", reason="'5-' is no range"),
        Exit.USAGE,
        "'5-' is no range",
    ),
    (
        errors.StockServerError(reason="it keeps no environment"),
        Exit.USAGE,
        "this server is a stock Cuebot: it keeps no environment",
    ),
    (
        errors.NoFramesError(job="j", wanted="dead frames there"),
        Exit.FAILED,
        "j: no dead frames there; see cuelet show j",
    ),
    (
        errors.NoRunningFramesError(job="j"),
        Exit.FAILED,
        "j: none of these frames is running",
    ),
    (
        errors.JobEndedError(job="j", action="kill"),
        Exit.FAILED,
        "j has ended: there is nothing to kill",
    ),
    (
        errors.NoDependError(job="j"),
        Exit.FAILED,
        "j: no such depend on another job; see cuelet show j",
    ),
    (errors.RemainsError(done="half", failed=["/a: busy"]), Exit.FAILED, "half: /a: busy"),
]


@pytest.mark.parametrize(("error", "status", "text"), EXAMPLES)
def test_an_error_has_its_words_and_its_exit_status(
    error: errors.ClientError, status: Exit, text: str
) -> None:
    assert (str(error), _status_of(error)) == (text, status)


def test_every_error_is_in_the_tree_of_the_docstring_and_has_an_example() -> None:
    drawn = set(re.findall(r"\w+Error", errors.__doc__ or ""))
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ClientError)
    }
    roots = {"ClientError", "UnknownNameError", "BadRequestError", "RefusedError"}

    assert drawn == kinds
    assert {type(error).__name__ for error, *_ in EXAMPLES} == kinds - roots

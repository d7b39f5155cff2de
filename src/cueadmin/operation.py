"""An operation, resolved and not yet begun: what will be done, asked for, and then done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from cueadmin.failures import CancelledError, StepError
from opencue.exception import CueException


@dataclass(frozen=True)
class Operation:
    """Steps to take once the question, if there is one, is answered with yes.

    Every name in it is resolved already: what cannot be found stops it before the first step.
    """

    steps: tuple[Callable[[], object], ...]
    question: str | None = None
    """What to ask before, without its question mark."""
    report: str | None = None
    """What to print afterwards."""


def carry_out(operation: Operation, *, force: bool) -> None:
    """Ask, do, report.

    Raises:
        CancelledError: The answer was not yes.
        CueException: The first step failed.
        StepError: A later step failed.
    """
    if operation.question and operation.steps and not force and not _agreed(operation.question):
        raise CancelledError(question=operation.question)
    for done, step in enumerate(operation.steps):
        try:
            step()
        except CueException as error:
            if done == 0:
                raise
            raise StepError(done=done, total=len(operation.steps), cause=error) from error
    if operation.report:
        print(operation.report)


def _agreed(question: str) -> bool:
    print(f"Please confirm. {question}? [y/n] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "y"

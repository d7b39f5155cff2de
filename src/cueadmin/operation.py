"""An operation, resolved and not yet begun: what will be done, asked for, and then done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cueadmin.util
from cueadmin.failures import StepError
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


def carry_out(operation: Operation, *, force: bool) -> bool:
    """Ask, do, report; return False when the answer was not yes.

    Raises:
        CueException: The first step failed.
        StepError: A later step failed.
    """
    question = f"Please confirm. {operation.question}?" if operation.question else ""
    if question and operation.steps and not cueadmin.util.promptYesNo(question, force):
        return False
    for done, step in enumerate(operation.steps):
        try:
            step()
        except CueException as error:
            if done == 0:
                raise
            raise StepError(done=done, total=len(operation.steps), cause=error) from error
    if operation.report:
        print(operation.report)
    return True

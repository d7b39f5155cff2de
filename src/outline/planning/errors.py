"""Errors of a definition as findings."""

from __future__ import annotations

from outline.exception import (
    DependencyCycleError,
    EmptyRangeError,
    InvalidNameError,
    NameCollisionError,
    OutlineException,
    SpecError,
    UnknownLayerError,
)
from outline.planning.model import Finding, Place, Severity

_CODES: tuple[tuple[type[Exception], str], ...] = (
    (DependencyCycleError, "P101"),
    (UnknownLayerError, "P105"),
    (EmptyRangeError, "P201"),
    (NameCollisionError, "P702"),
    (InvalidNameError, "P703"),
    (SpecError, "P304"),
    (OutlineException, "P002"),
)
_CORRECT_IT = "correct the definition; a launch is refused with the same words"


def finding_from_error(
    error: BaseException, *, layer: str | None = None, place: Place | None = None
) -> Finding:
    """Return the finding that says what an error says.

    Args:
        error: What was raised while the job was defined or checked.
        layer: The layer it is about, when that is known.
        place: Where in the script.
    """
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "P001")
    if isinstance(error, OutlineException):
        message, remedy = error.problem, error.remedy or _CORRECT_IT
    else:
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        remedy = "correct the script; it has to run through before its job can be planned"
    return Finding(
        code=code,
        severity=Severity.ERROR,
        message=message,
        remedy=remedy,
        layer=layer,
        place=place,
    )

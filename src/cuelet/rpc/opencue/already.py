"""Requests to set up what one machine has anyway: they succeed, with a note in the trailing metadata that our client shows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from cuelet.core.values.errors import InvalidRequestError
from cuelet.rpc.guard import shortened

NOTE = "cuelet-note-bin"
"""The metadata that holds the note, in UTF-8."""

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,254}\Z", re.ASCII)

Context = Any
Answer = Callable[[Any, Any, Context], Awaitable[Any]]


@dataclass(slots=True)
class Named:
    """What somebody has set up by name since the farm started, beside what jobs name."""

    shows: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)


def note(context: Context, text: str) -> None:
    """Tell the caller that a request changed nothing; stock clients do not show it."""
    context.set_trailing_metadata(((NOTE, shortened(text).encode()),))


def as_it_is(
    response: Callable[[], Any],
    text: str,
    *,
    known: Callable[[Any, Any], object],
    only: Callable[[Any], bool] | None = None,
    refusal: str = "",
) -> Answer:
    """Return a method of a servicer that changes nothing and says so.

    Args:
        response: Makes the response.
        text: The note.
        known: Raises for a thing that is not there; given the servicer and the request.
        only: Tells whether a request asks for what is so anyway; others are refused.
        refusal: Why, and what to do.
    """

    async def answer(self: Any, request: Any, context: Context) -> Any:
        known(self, request)
        if only is not None and not only(request):
            asked = type(request).__name__.removesuffix("Request")
            raise InvalidRequestError(request=asked, reason=refusal)
        note(context, text)
        return response()

    return answer


def refuse_odd_name(kind: str, name: str) -> None:
    """Raise InvalidRequestError for a name that no job could give."""
    if not _NAME.match(name):
        reason = "use letters, digits, _ . -, at most 255 of them"
        raise InvalidRequestError(request=f"{kind} {name!r}", reason=reason)

"""What a job names that a Cuebot does not have: it refuses the launch without saying what."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from html import unescape
from shlex import quote

from opencue.exception import CueException, EntityNotFoundException, LaunchRefusedException
from opencue.stock import asking
from opencue.wrappers.entity import send

_TEXT = r"<{0}>\s*([^<]*?)\s*</{0}>"


def named(refusal: LaunchRefusedException, spec: str) -> LaunchRefusedException:
    """Return a refusal with what the job names in vain, where that can be found out.

    Args:
        refusal: What the Cuebot said.
        spec: The specification of the job.
    """
    if refusal.reason != LaunchRefusedException.UNKNOWN:
        return refusal
    found: list[str] = []
    with contextlib.suppress(CueException):  # it is a launch that failed, whatever becomes of this
        found += _missing(spec)
    if not found:
        return refusal
    return LaunchRefusedException(job=refusal.job, reason="; ".join(found)).heard(refusal)


def _missing(spec: str) -> Iterator[str]:
    known = {limit.name for limit in send("limit", "GetAll").limits}
    for name in _texts(spec, "limit"):
        if name not in known:
            yield f"limit {name!r} is not set; cuelet limits set {quote(name)} MAX sets it"
    for name in _texts(spec, "facility"):
        if not _is_facility(name):
            yield f"this Cuebot has no facility {name!r}; see cueadmin -la for those it has"
    for name in _texts(spec, "onjob"):
        if asking.find_pending_job(name) is None and not _is_own(spec, name):
            yield f"it waits for job {name!r}, which is not pending; see cueadmin -lj {quote(name)}"


def _texts(spec: str, element: str) -> list[str]:
    """Return the texts of an element, each once."""
    found = re.findall(_TEXT.format(element), spec)
    return list(dict.fromkeys(unescape(text) for text in found if text))


def _is_facility(name: str) -> bool:
    try:
        send("facility", "Get", name=name)
    except EntityNotFoundException:
        return False
    return True


def _is_own(spec: str, name: str) -> bool:
    """Tell whether a name is that of a job of the specification, or the short one of a job like them."""
    if name in re.findall(r"""<job\s+name=["'](.*?)["']""", spec):
        return True
    show, shot, user = (next(iter(_texts(spec, each)), "") for each in ("show", "shot", "user"))
    return asking.find_pending_job(f"{show}-{shot}-{user}_{name}") is not None

"""What a Cuebot says when it refuses or fails, in words that name the thing, the value and the way out: one table.

A Cuebot tells the errors of its database as they are: ``Incorrect result size: expected 1, actual 0`` for a name that is
not there.  What it is asked about stands in the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from shlex import quote
from typing import Any, NamedTuple

from opencue.exception import (
    CuebotDatabaseException,
    CueException,
    CueInternalErrorException,
    EntityAlreadyExistsException,
    EntityNotFoundException,
    LaunchRefusedException,
    NoOpenCueException,
)

MAX_VALUE = 80
"""Characters of a name that are quoted."""


class Call(NamedTuple):
    """A call that a Cuebot refused."""

    method: str
    """As ``Job/FindJob``."""
    request: Any
    target: str

    @property
    def noun(self) -> str:
        """The kind of thing that it is about, as ``job``."""
        service, _, name = self.method.partition("/")
        found = re.match(r"(?:Find|Get|Create)([A-Z][a-z]+)\Z", name)
        return (found[1] if found else service).lower()

    @property
    def value(self) -> str:
        """Its name, else its id; empty when the request has none."""
        return next(_values(self.request, self.noun), "")[:MAX_VALUE]

    @property
    def thing(self) -> str:
        """Both, as ``job 'hello'``."""
        value = self.value
        return f"{self.noun} {value!r}" if value else self.noun


def _values(request: Any, noun: str) -> Iterator[str]:
    """Yield what may name a thing in a request: its own field first, then those of what it holds."""
    descriptor = getattr(request, "DESCRIPTOR", None)
    if descriptor is None:
        return
    for name in (noun, "name", "id"):
        value = getattr(request, name, None)
        if isinstance(value, str) and value:
            yield value
    for field in descriptor.fields:
        value = getattr(request, field.name)
        if hasattr(value, "DESCRIPTOR") and request.HasField(field.name):
            yield from (getattr(value, each) for each in ("name", "id") if getattr(value, each, ""))


_LOOK = {
    "job": "see cueadmin -lj",
    "show": "see cueadmin -ls; cueadmin -create-show makes one",
    "host": "see cueadmin -lh",
    "allocation": "see cueadmin -la",
    "limit": "see cuelet limits list",
    "service": "see cueadmin -lv",
    "subscription": "see cueadmin -lb SHOW; its name is ALLOCATION.SHOW",
}
"""Where to see what there is of a kind."""
_HOLDERS = {
    "job": "jobs that were ever launched to it; cueadmin -disable-show keeps new ones out",
    "subscription": "subscriptions; remove them with cueadmin -delete-sub first",
    "alloc": "allocations; remove them with cueadmin -delete-alloc first",
    "host": "hosts; move them elsewhere with cueadmin -move first",
    "host_local": "render partitions; they end with their jobs",
    "deed": "deeds of its owner",
}
"""What still belongs to a thing that cannot be deleted, by the table it is in."""


def _not_found(call: Call, _: re.Match[str]) -> CueException:
    look = _LOOK.get(call.noun, "")
    where = f"; {look}" if look else ""
    return EntityNotFoundException(f"this Cuebot has no {call.thing}{where}")


def _several(call: Call, found: re.Match[str]) -> CueException:
    return CueInternalErrorException(
        f"this Cuebot has {found[1]} of {call.thing}, or of what it names: OpenCue lets one make two of one name; "
        "rename or delete one of them by its id"
    )


def _exists(call: Call, found: re.Match[str]) -> CueException:
    return EntityAlreadyExistsException(f"{call.thing} exists already{_key_words(found.string)}")


def _key_words(said: str) -> str:
    found = re.search(r"\(str_name\)=\(([^)]*)\)|, str_name\)=\([^,]*, ([^)]*)\)", said)
    return f": {(found[1] or found[2])[:MAX_VALUE]!r}" if found else ""


def _still_referenced(call: Call, found: re.Match[str]) -> CueException:
    held = _HOLDERS.get(found[1], f"rows of its table {found[1]}")
    return CueInternalErrorException(f"{call.thing} cannot be deleted: it has {held}")


def _not_present(call: Call, found: re.Match[str]) -> CueException:
    return EntityNotFoundException(
        f"{call.method}: it names something of the kind {found[1]} that this Cuebot does not have"
    )


def _too_long(call: Call, found: re.Match[str]) -> CueException:
    return CueInternalErrorException(
        f"{call.method}: a text for {call.thing} is longer than the {found[1]} characters that OpenCue keeps of it"
    )


def _database(call: Call, _: re.Match[str]) -> CueException:
    return CuebotDatabaseException(target=call.target, method=call.method)


def _bad_regex(call: Call, found: re.Match[str]) -> CueException:
    return CueInternalErrorException(
        f"{call.method}: a pattern is no regular expression: {found[1].strip()}"
    )


def _bad_range(call: Call, found: re.Match[str]) -> CueException:
    return CueInternalErrorException(
        f"{call.method}: {found[1].strip()!r} is no range of frames; write it like 1-10 or 1-10x2"
    )


def _bad_query(call: Call, _: re.Match[str]) -> CueException:
    return CueInternalErrorException(
        f"{call.method}: this Cuebot makes no query of what was asked; ranges of memory and time "
        "are written like 0-10"
    )


def _no_method(call: Call, _: re.Match[str]) -> CueException:
    return CueException(
        f"this server has no call {call.method}: it is of another version of OpenCue, or the call is not enabled"
    )


def _no_opencue(call: Call, found: re.Match[str]) -> CueException:
    return NoOpenCueException(target=call.target, said=found.string)


def _plain(_: Call, found: re.Match[str]) -> CueException:
    """Return what a Java exception says, without its class and said once."""
    return CueInternalErrorException(found[1].strip() or "the server gave no reason")


# Launches: what a Cuebot says behind "Failed to launch and add job: ".


def _launch(call: Call, found: re.Match[str]) -> CueException:
    job = _job_of(call.request)
    for pattern, make in _LAUNCHES:
        if match := re.search(pattern, found[1]):
            return LaunchRefusedException(job=job, reason=make(match, job))
    return LaunchRefusedException(job=job, reason=found[1].strip())


def _job_of(request: Any) -> str:
    found = re.search(r"""<job\s+name=(["'])(.*?)\1""", getattr(request, "spec", "") or "")
    return found[2] if found else ""


def _no_show(found: re.Match[str], _: str) -> str:
    show = quote(found[1])
    return (
        f"this Cuebot has no show {found[1]!r}; make it and give it hosts: "
        f"cueadmin -create-show {show}; cueadmin -create-sub {show} local.general 1000 1000"
    )


def _inactive(found: re.Match[str], _: str) -> str:
    return f"show {found[1]!r} is inactive; cueadmin -enable-show {quote(found[1])}"


def _pending(found: re.Match[str], _: str) -> str:
    name = found[1]
    return f"a pending job {name!r} exists already; kill it (cuelet kill {quote(name)}) or give the new one another name"


def _unknown_part(_: re.Match[str], __: str) -> str:
    return LaunchRefusedException.UNKNOWN


_LAUNCHES: tuple[tuple[str, Callable[[re.Match[str], str], str]], ...] = (
    (r"The (\S+) does not exist\. Please contact", _no_show),
    (r"The (\S+) show has been deactivated", _inactive),
    (r"The job (\S+) is already pending", _pending),
    (r"Cannot launch jobs as root", lambda *_: "OpenCue launches no jobs of root; launch as another user"),
    (r"expected 1, actual 0", _unknown_part),
    (r"expected 1, actual (\d+)", lambda found, _: f"it names a show, limit or facility of which this Cuebot has {found[1]}; delete one by its id"),
    (r'For input string: "(.*?)"', lambda found, _: f"{found[1]!r} stands where OpenCue takes a whole number"),
    (r"error, the range (.*) is invalid", lambda found, _: f"{found[1]!r} is no range of frames, or its chunk is below 1"),
    (r"your job has (\d+) frames, the maximum number of allowed frames is (\d+)", lambda found, _: f"it has {int(found[1]):,} frames, OpenCue takes {int(found[2]):,}"),
    (r"Failed to parse job spec XML, [\w.]+: (.*)", lambda found, _: f"its specification is not OpenCue's XML: {found[1]}"),
)  # fmt: skip

_TABLE: tuple[tuple[str, Callable[[Call, re.Match[str]], CueException]], ...] = (
    (r"\AFailed to (?:launch and add job|add job to launch queue): (.*)", _launch),
    (r"CannotCreateTransactionException|Could not open JDBC|HikariPool-\d+ - Connection", _database),
    (r"DuplicateKeyException|duplicate key value", _exists),
    (r'is still referenced from table "(\w+)"', _still_referenced),
    (r'is not present in table "(\w+)"', _not_present),
    (r"value too long for type character varying\((\d+)\)", _too_long),
    (r"invalid regular expression: ([^;\n]*)", _bad_regex),
    (r"unrecognized frame range syntax ?(.*)", _bad_range),
    (r"BadSqlGrammarException", _bad_query),
    (r"Incorrect result size: expected 1, actual 0|\AJob not found\Z", _not_found),
    (r"Incorrect result size: expected 1, actual (\d+)", _several),
    (r"\AMethod not found: |\AMethod \S+ is unimplemented", _no_method),
    (r"Exception deserializing response|http1|HTTP/1|Received http2 header with status|unexpected content-type|WRONG_VERSION", _no_opencue),
    (r"\A(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error): ([^\n]*)", _plain),
    (r"\A(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)(\Z|\n)", _plain),
)  # fmt: skip
"""What is looked for, the first that is there counts, and what is made of it."""


def translate(error: CueException, *, request: Any) -> CueException:
    """Return what a Cuebot said as an error that can be acted on; what is in no table, or in plain words, as it is.

    Args:
        error: The refusal, as gRPC told it.
        request: What was sent.
    """
    said = error.details()
    call = Call(error.method, request, error.target)
    for pattern, make in _TABLE:
        found = re.search(pattern, said, re.DOTALL if pattern.startswith(r"\AFailed") else 0)
        if found:
            return make(call, found).heard(error)
    return error

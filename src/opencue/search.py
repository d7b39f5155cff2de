"""Search criteria from keyword options, and the searches themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from opencue_proto import criterion_pb2, host_pb2, job_pb2

from opencue.wrappers.entity import send

if TYPE_CHECKING:
    from opencue.wrappers.host import Host

__all__ = [
    "BaseSearch",
    "FrameSearch",
    "HostSearch",
    "JobSearch",
    "ProcSearch",
    "SearchOptionError",
    "all_frames",
    "raiseIfNotList",
]

PAGE_SIZE = 500
"""Frames that one search answers where nothing is said, as pycue has it."""
LARGE_PAGE = 10_000
"""Frames asked for at a time where all are wanted; a Cuebot takes 0.2 s for so many, and 1.7 s for them in small pages."""
_KB_PER_GB = 1024 * 1024
_SECONDS_PER_HOUR = 3600
_NO_MAXIMUM = 2**31 - 1

_Setter = Callable[[Any, Any], None]


class SearchOptionError(ValueError):
    """A search option cannot be used: which one, its value, and what fits."""

    def __init__(self, *, option: str, value: Any, expected: str) -> None:
        self.option, self.value, self.expected = option, value, expected
        super().__init__(f"search option {option}={value!r}: expected {expected}")


def raiseIfNotList(searchOption: str, value: Any) -> None:
    """Raise TypeError unless the value is a list."""
    if not isinstance(value, list):
        raise TypeError(f"search option {searchOption} takes a list, not {value!r}")


def range_from_text(text: str, scale: int, *, option: str) -> tuple[int, int]:
    """Return the least and the greatest value a range text allows.

    Args:
        text: ``a-b``, ``gtN`` or ``N`` (at least), ``ltN`` (at most).
        scale: What one unit of the text is worth.
        option: The option it came from, for the error.

    Raises:
        SearchOptionError: The text is none of these.
    """
    low, dash, high = text.partition("-")
    try:
        if text.startswith("lt"):
            return 0, int(float(text[2:]) * scale)
        if dash:
            return int(float(low) * scale), int(float(high) * scale)
        return int(float(text.removeprefix("gt")) * scale), _NO_MAXIMUM
    except (ValueError, OverflowError):
        expected = "a range like 1-5, gt5 or lt5"
        raise SearchOptionError(option=option, value=text, expected=expected) from None


def _texts(value: Any) -> list[str]:
    """Return a list of texts; entities count by name, a single value as a list of one."""
    is_single = isinstance(value, str) or not isinstance(value, Iterable)
    values: list[Any] = [value] if is_single else list(value)
    named = (item.name() if callable(getattr(item, "name", None)) else item for item in values)
    return [str(item) for item in named]


def _extend(name: str) -> _Setter:
    return lambda criteria, value: getattr(criteria, name).extend(_texts(value))


def _assign(*names: str) -> _Setter:
    def assign(criteria: Any, value: Any) -> None:
        for name in names:
            setattr(criteria, name, value)

    return assign


def _states(name: str, inner: str, enum: Any) -> _Setter:
    """Fill a wrapped list of states given as numbers or as names."""

    def fill(criteria: Any, value: Any) -> None:
        values = [value] if isinstance(value, str | int) else list(value)
        numbers = [enum.Value(item) if isinstance(item, str) else int(item) for item in values]
        getattr(getattr(criteria, name), inner).extend(numbers)

    return fill


def _proc_range(option: str, scale: int) -> _Setter:
    def fill(criteria: Any, value: Any) -> None:
        values = value if isinstance(value, list | tuple | set) else [value]
        for item in values:
            low, high = _bounds(item) or range_from_text(_text(item), scale, option=option)
            found = criterion_pb2.InRangeIntegerSearchCriterion(min=low, max=high)
            getattr(criteria, f"{option}_range").append(found)

    return fill


def _text(value: Any) -> str:
    [text] = _texts(value)
    return text


def _bounds(criterion: Any) -> tuple[int, int] | None:
    """Return the least and the greatest value of a criterion in the server's unit; None for what is none."""
    if isinstance(criterion, criterion_pb2.GreaterThanIntegerSearchCriterion):
        return criterion.value, _NO_MAXIMUM
    if isinstance(criterion, criterion_pb2.LessThanIntegerSearchCriterion):
        return 0, criterion.value
    if isinstance(criterion, criterion_pb2.InRangeIntegerSearchCriterion):
        return criterion.min, criterion.max
    return None


def _proc_memory(prefix: str) -> _Setter:
    fill = _proc_range("memory", _KB_PER_GB)
    return lambda criteria, value: fill(criteria, [f"{prefix}{text}" for text in _texts(value)])


def _limit(criteria: Any, value: Any) -> None:
    """Set how many are found at most; 0 for no limit."""
    if int(value):
        criteria.max_results.append(int(value))


def _nothing(_criteria: Any, _value: Any) -> None:
    """Take an option that pycue accepts and servers ignore."""


class BaseSearch:
    """A search of one kind: options in, criteria message out.

    Args:
        options: The options of the search.
    """

    _SETTERS: ClassVar[Mapping[str, _Setter]] = {}
    _CRITERIA: ClassVar[Callable[[], Any]]

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.options == other.options

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.options.items()))))

    @classmethod
    def criteriaFromOptions(cls, **options: Any) -> Any:
        """Return the criteria message of these options; None values are left out.

        Raises:
            SearchOptionError: There is no such option, or its value does not fit.
        """
        criteria = cls._CRITERIA()
        for option, value in options.items():
            if option not in cls._SETTERS:
                known = f"one of {', '.join(sorted(cls._SETTERS))}"
                raise SearchOptionError(option=option, value=value, expected=known)
            if value is not None:
                cls._fill(criteria, option, value)
        return criteria

    @classmethod
    def _fill(cls, criteria: Any, option: str, value: Any) -> None:
        try:
            cls._SETTERS[option](criteria, value)
        except SearchOptionError:
            raise
        except (TypeError, ValueError) as error:
            raise SearchOptionError(option=option, value=value, expected=str(error)) from error

    @classmethod
    def byOptions(cls, **options: Any) -> Any:
        """Return what the search with these options finds."""
        raise NotImplementedError(f"{cls.__name__} searches nothing")

    def search(self) -> Any:
        """Return what this search finds."""
        return self.byOptions(**self.options)


class ProcSearch(BaseSearch):
    """Search running procs: host, job, layer, show, alloc; memory in GB, duration in hours.

    Both may be criteria of `criterion_pb2` too, which are in KB and in seconds.
    """

    _CRITERIA = host_pb2.ProcSearchCriteria
    _SETTERS: ClassVar[Mapping[str, _Setter]] = {
        "host": _extend("hosts"),
        "job": _extend("jobs"),
        "layer": _extend("layers"),
        "show": _extend("shows"),
        "alloc": _extend("allocs"),
        "memory": _proc_range("memory", _KB_PER_GB),
        "memory_greater_than": _proc_memory("gt"),
        "memory_less_than": _proc_memory("lt"),
        "duration": _proc_range("duration", _SECONDS_PER_HOUR),
        "limit": _limit,
        "offset": _assign("first_result"),
    }

    @classmethod
    def byOptions(cls, **options: Any) -> Any:
        """Return the server's response, with ``procs.procs``."""
        return send("proc", "GetProcs", r=cls.criteriaFromOptions(**options))


class FrameSearch(BaseSearch):
    """Search the frames of a job; memory in GB, duration in hours."""

    page = 1
    limit = PAGE_SIZE
    change_date = 0

    _CRITERIA = staticmethod(lambda: job_pb2.FrameSearchCriteria(page=1, limit=PAGE_SIZE))
    _SETTERS: ClassVar[Mapping[str, _Setter]] = {
        "id": _extend("ids"),
        "name": _extend("frames"),
        "frames": _extend("frames"),
        "layer": _extend("layers"),
        "state": _states("states", "frame_states", job_pb2.FrameState),
        "range": _assign("frame_range"),
        "memory": _assign("memory_range"),
        "duration": _assign("duration_range"),
        "page": _assign("page"),
        "limit": _assign("limit", "max_results"),
        "offset": _assign("offset"),
        "change_date": _assign("change_date"),
        "include_finished": _assign("include_finished"),
    }

    @classmethod
    def byOptions(cls, job: Any = "", **options: Any) -> Any:
        """Return the server's response, with ``frames.frames``, for a job or a job name."""
        [name] = _texts(job)
        return send("frame", "GetFrames", job=name, r=cls.criteriaFromOptions(**options))

    @classmethod
    def byRange(cls, job: Any, val: str) -> Any:
        """Return the frames of a job whose numbers lie in a range."""
        return cls.byOptions(job, range=val)


class HostSearch(BaseSearch):
    """Search hosts."""

    _CRITERIA = host_pb2.HostSearchCriteria
    _SETTERS: ClassVar[Mapping[str, _Setter]] = {
        "host": _extend("hosts"),
        "name": _extend("hosts"),
        "match": _extend("substr"),
        "substr": _extend("substr"),
        "regex": _extend("regex"),
        "id": _extend("ids"),
        "alloc": _extend("allocs"),
        "state": _states("states", "state", host_pb2.HardwareState),
        "lock_state": _states("lock_states", "state", host_pb2.LockState),
        "os_filter": _nothing,
    }

    @classmethod
    def byOptions(cls, **options: Any) -> list[Host]:
        """Return the hosts with these properties."""
        from opencue.wrappers.host import Host

        response = send("host", "GetHosts", r=cls.criteriaFromOptions(**options))
        return [Host(host) for host in response.hosts.hosts]

    @classmethod
    def byName(cls, val: Any) -> list[Host]:
        """Return the hosts of these names."""
        return cls.byOptions(name=val)

    @classmethod
    def byRegex(cls, val: Any) -> list[Host]:
        """Return the hosts whose names match a regular expression."""
        return cls.byOptions(regex=val)

    @classmethod
    def byId(cls, val: Any) -> list[Host]:
        """Return the hosts of these ids."""
        return cls.byOptions(id=val)

    @classmethod
    def byMatch(cls, val: Any) -> list[Host]:
        """Return the hosts whose names contain a text."""
        return cls.byOptions(substr=val)

    @classmethod
    def byAllocation(cls, val: Any) -> list[Host]:
        """Return the hosts of an allocation."""
        return cls.byOptions(alloc=val)


class JobSearch(BaseSearch):
    """Search jobs; only pending ones unless ``include_finished``."""

    _CRITERIA = job_pb2.JobSearchCriteria
    _SETTERS: ClassVar[Mapping[str, _Setter]] = {
        "job": _extend("jobs"),
        "name": _extend("jobs"),
        "match": _extend("substr"),
        "substr": _extend("substr"),
        "regex": _extend("regex"),
        "id": _extend("ids"),
        "show": _extend("shows"),
        "shot": _extend("shots"),
        "user": _extend("users"),
        "include_finished": _assign("include_finished"),
    }

    @classmethod
    def byOptions(cls, **options: Any) -> Any:
        """Return the server's response, with ``jobs.jobs``."""
        return send("job", "GetJobs", r=cls.criteriaFromOptions(**options))

    @classmethod
    def byName(cls, val: Any) -> Any:
        """Return the jobs of these names."""
        return cls.byOptions(job=val)

    @classmethod
    def byId(cls, val: Any) -> Any:
        """Return the jobs of these ids."""
        return cls.byOptions(id=val)

    @classmethod
    def byRegex(cls, val: Any) -> Any:
        """Return the jobs whose names match a regular expression."""
        return cls.byOptions(regex=val)

    @classmethod
    def byMatch(cls, val: Any) -> Any:
        """Return the jobs whose names contain a text."""
        return cls.byOptions(substr=val)

    @classmethod
    def byShow(cls, val: Any) -> Any:
        """Return the jobs of a show."""
        return cls.byOptions(show=val)

    @classmethod
    def byShot(cls, val: Any) -> Any:
        """Return the jobs of a shot."""
        return cls.byOptions(shot=val)

    @classmethod
    def byUser(cls, val: Any) -> Any:
        """Return the jobs of a user."""
        return cls.byOptions(user=val)


def all_frames(fetch: Callable[[Any], Any], options: Mapping[str, Any]) -> list[Any]:
    """Return every frame message a search finds, page after page.

    With ``page``, ``limit`` or ``offset`` among the options, exactly that page is returned.

    Args:
        fetch: Sends a criteria message and returns the response, with ``frames.frames``.
        options: Options of the frame search.
    """
    criteria = FrameSearch.criteriaFromOptions(**options)
    if {"page", "limit", "offset"} & options.keys():
        return list(fetch(criteria).frames.frames)
    criteria.limit = LARGE_PAGE
    page = list(fetch(criteria).frames.frames)
    found, known = page, {frame.id for frame in page}
    while len(page) >= LARGE_PAGE:
        criteria.page += 1
        page = fetch(criteria).frames.frames
        new = [frame for frame in page if frame.id not in known]
        if not new:
            break
        found += new  # frames move between pages while the job runs
        known.update(frame.id for frame in new)
    return found

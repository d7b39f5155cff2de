"""The flags of the command, as wranglers type them: one dash, unique prefixes accepted."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from cueadmin.failures import USAGE, UsageError

QUERIES = ("lp", "ll", "lh", "lba", "lv", "lj", "lji", "la", "lb", "ls")
OPERATIONS = (
    "create_alloc", "delete_alloc", "rename_alloc", "transfer", "tag_alloc", "create_show",
    "delete_show", "disable_show", "enable_show", "dispatching", "booking", "default_min_cores",
    "default_max_cores", "archive_show", "scheduler_managed", "lock", "unlock", "move",
    "delete_host", "safe_reboot", "thread", "repair", "fixed", "create_sub", "delete_sub", "size",
    "burst", "pause", "unpause", "kill", "kill_all", "retry", "retry_all", "drop_depends",
    "satisfy_dependency", "set_min_cores", "set_max_cores", "priority",
)  # fmt: skip
"""The things to do, of which one call does one."""

_Flag = tuple[Any, ...]
_ON_OFF = ("SHOW", "ON|OFF")
_GENERAL: tuple[_Flag, ...] = (
    ("-server", "+", "HOST", "talk to these servers"),
    ("-facility", None, "CODE", "talk to the servers of a facility named in opencue.yaml"),
    (("-verbose", "-v"), 0, None, "log what happens to stderr"),
    ("-force", 0, None, "ask nothing"),
    ("--json", 0, None, "print listings as JSON"),
)
_QUERIES: tuple[_Flag, ...] = (
    (("-lj", "-laj"), "*", "SUBSTR", "list jobs by name"),
    ("-lji", "*", "SUBSTR", "list jobs with their figures and dependencies"),
    ("-ls", 0, None, "list shows"),
    ("-la", 0, None, "list allocations"),
    ("-lb", "+", "SHOW", "list the subscriptions of shows"),
    ("-lba", None, "ALLOC", "list the subscriptions to an allocation"),
    (("-lp", "-lap"), "*", "SHOW", "list what runs; -host -alloc -job -memory -duration filter"),
    (("-ll", "-lal"), "*", "SHOW", "list the logs of what runs; filters as for -lp"),
    ("-lh", "*", "SUBSTR", "list hosts; -state -alloc -lock-state filter"),
    ("-lv", "*", "SHOW", "list services, or what a show wants otherwise"),
    (("-query", "-q"), "+", "SUBSTR", argparse.SUPPRESS),
)
_FILTERS: tuple[_Flag, ...] = (
    ("-job", "+", "JOB", "only these jobs"),
    ("-alloc", "+", "ALLOC", "only these allocations"),
    ("-memory", None, "GB", "only reservations of a-b, gtN or ltN gigabytes"),
    ("-duration", None, "HOURS", "only running for a-b, gtN or ltN hours"),
    ("-limit", None, "N", "at most so many"),
    ("-state", "+", "STATE", "only hosts in these states: UP, DOWN, REPAIR, ..."),
    ("-lock-state", None, "STATE", "only hosts that are OPEN, LOCKED or NIMBY_LOCKED"),
    ("-sort-idle", 0, None, "sort hosts by idle cores and memory"),
)
_SHOWS: tuple[_Flag, ...] = (
    ("-create-show", None, "SHOW", "create a show"),
    ("-delete-show", None, "SHOW", "delete a show"),
    ("-disable-show", None, "SHOW", "accept no jobs of a show"),
    ("-enable-show", None, "SHOW", "accept jobs of a show again"),
    ("-dispatching", 2, _ON_OFF, "let frames of a show start, or not"),
    ("-booking", 2, _ON_OFF, "let hosts take work of a show, or not"),
    ("-default-min-cores", 2, ("SHOW", "CORES"), "set the least cores of a show's jobs"),
    ("-default-max-cores", 2, ("SHOW", "CORES"), "set the most cores of a show's jobs"),
    ("-archive-show", 2, ("SHOW", "TARGET"), "close a show and move its history to another"),
    ("-scheduler-managed", 2, _ON_OFF, "let the scheduler account for a show, or not"),
)
_ALLOCATIONS: tuple[_Flag, ...] = (
    ("-create-alloc", 3, ("FACILITY", "ALLOC", "TAG"), "create an allocation"),
    ("-delete-alloc", None, "NAME", "delete an allocation"),
    ("-rename-alloc", 2, ("OLD", "NEW"), "rename an allocation"),
    ("-transfer", 2, ("OLD", "NEW"), "move all hosts from one allocation to another"),
    ("-tag-alloc", 2, ("ALLOC", "TAG"), "set the tag of an allocation's hosts"),
)
_SUBSCRIPTIONS: tuple[_Flag, ...] = (
    ("-create-sub", 4, ("SHOW", "ALLOC", "SIZE", "BURST"), "create a subscription, in cores"),
    ("-delete-sub", 2, ("SHOW", "ALLOC"), "delete a subscription"),
    ("-size", 3, ("SHOW", "ALLOC", "SIZE"), "set the size, in hundredths of a core"),
    ("-burst", 3, ("SHOW", "ALLOC", "BURST"), "set the burst in hundredths, or N%% over the size"),
)
_HOSTS: tuple[_Flag, ...] = (
    ("-host", "+", "HOST", "the hosts to act on, or to filter -lp by"),
    (("-hostmatch", "-hm"), "+", "SUBSTR", "act on the hosts whose names contain a text"),
    ("-lock", 0, None, "let no further frame start on the hosts"),
    ("-unlock", 0, None, "let frames start on the hosts again"),
    ("-move", None, "ALLOC", "move the hosts to an allocation"),
    ("-delete-host", 0, None, "remove the hosts"),
    ("-safe-reboot", 0, None, "lock the hosts and reboot them when idle"),
    ("-repair", 0, None, "set the hosts into the Repair state"),
    ("-fixed", 0, None, "set the hosts into the Up state"),
    ("-thread", None, "MODE", "set the thread mode of the hosts: auto, all or variable"),
)
_JOBS: tuple[_Flag, ...] = (
    ("-pause", "+", "JOB", "let no further frame of the jobs start"),
    ("-unpause", "+", "JOB", "let frames of the jobs start again"),
    ("-kill", "+", "JOB", "kill the jobs"),
    ("-kill-all", 0, None, "kill ALL jobs"),
    ("-retry", "+", "JOB", "retry the dead frames of the jobs"),
    ("-retry-all", 0, None, "retry the dead frames of ALL jobs"),
    ("-drop-depends", "+", "JOB", "release the jobs from everything they wait for"),
    ("-satisfy-dependency", 2, ("JOB", "LAYER"), "release a layer from everything it waits for"),
    ("-set-min-cores", 2, ("JOB", "CORES"), "set the least cores of a job"),
    ("-set-max-cores", 2, ("JOB", "CORES"), "set the most cores of a job"),
    ("-priority", 2, ("JOB", "PRIORITY"), "set the priority of a job"),
)
_GROUPS = (
    ("general", _GENERAL),
    ("listings", _QUERIES),
    ("filters", _FILTERS),
    ("shows", _SHOWS),
    ("allocations", _ALLOCATIONS),
    ("subscriptions", _SUBSCRIPTIONS),
    ("hosts", _HOSTS),
    ("jobs", _JOBS),
)


_FRAMES = re.compile(r"-\.?\d")
"""How numbers and frames below zero begin; no flag does."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, and to which a dash and a digit are no flag."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._negative_number_matcher = _FRAMES

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} -h\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all flags."""
    parser = _Parser(
        prog="cueadmin",
        description="Administer a render farm. One listing or one operation per call.",
        epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 server not reachable, 4 local "
        "configuration, 5 not found, 6 denied.",
    )
    for title, flags in _GROUPS:
        _add(parser.add_argument_group(title), flags)
    return parser


def _add(group: Any, flags: Iterable[_Flag]) -> None:
    for names, count, metavar, text in flags:
        names = (names,) if isinstance(names, str) else names  # noqa: PLW2901 - one or several
        more = _MORE.get(names[0], {})
        if count == 0:
            group.add_argument(*names, action="store_true", help=text)
        else:
            group.add_argument(*names, nargs=count, metavar=metavar, help=text, **more)


class QueryAction(argparse.Action):
    """Note that a listing is asked for, and collect the texts to search names by."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Set the flag, and add its values to the texts."""
        setattr(namespace, self.dest, True)
        namespace.query = [*namespace.query, *values]


class _TextAction(argparse.Action):
    """Collect texts to search names by, which may come before the listing or after it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.query = [*namespace.query, *values]


_MORE: dict[str, dict[str, Any]] = {
    "-lj": {"action": QueryAction},
    "-lji": {"action": QueryAction},
    "-lh": {"action": QueryAction},
    "-query": {"action": _TextAction, "default": []},
    "-job": {"default": []},
    "-alloc": {"default": []},
    "-state": {"default": []},
    "-limit": {"default": 0},
    "-lock-state": {"type": str.upper, "choices": ("OPEN", "LOCKED", "NIMBY_LOCKED")},
    "-thread": {"type": str.lower, "choices": ("auto", "all", "variable")},
}
"""What a flag has beyond its number of values."""


def chosen(args: argparse.Namespace) -> str | None:
    """Return the one listing or operation asked for, or None.

    Raises:
        UsageError: More than one is asked for.
    """
    found = [name for name in QUERIES + OPERATIONS if _is_given(getattr(args, name))]
    if len(found) > 1:
        flags = " and ".join("-" + name.replace("_", "-") for name in found)
        raise UsageError(flag=flags, reason="one listing or operation per call")
    return found[0] if found else None


def _is_given(value: Any) -> bool:
    return value is not None and value is not False


def print_help(parser: argparse.ArgumentParser) -> None:
    """Print all flags to stderr."""
    parser.print_help(sys.stderr)

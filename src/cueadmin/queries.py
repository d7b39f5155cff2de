"""The listings: what is asked of the server, and how it is printed.

What only the command does, and the library does not: names of jobs that ended or as a script spelled them,
depends below a table of jobs, and an error when names find nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import cueadmin.output
import opencue
from cueadmin import depends
from cueadmin.converting import Convert, handleIntCriterion
from cueadmin.failures import NothingFoundError, UsageError
from cueadmin.records import record_from_message
from opencue import api
from opencue.api import Job, Proc
from opencue.exception import EntityNotFoundException

_Args = argparse.Namespace


def run(name: str, args: _Args, *, is_command: bool = False) -> None:
    """Print the listing of that name."""
    _LISTINGS[name](args, is_command)


def _print(args: _Args, entities: Sequence[Any], display: Callable[..., None]) -> None:
    """Print entities as JSON when asked for, else as their table."""
    if args.json:
        _print_json([record_from_message(entity.data) for entity in entities])
    else:
        display(entities)


def _print_json(content: Any) -> None:
    json.dump(content, sys.stdout, indent=2, ensure_ascii=False)
    print()


def _jobs_matching(texts: Sequence[str], is_command: bool) -> list[Any]:
    """Return the messages of jobs whose names contain one of the texts; of all pending jobs without texts.

    Raises:
        NothingFoundError: In the command, there are texts and none of them finds anything.
    """
    found = list(opencue.search.JobSearch.byMatch(texts).jobs.jobs)
    if not is_command or not texts:
        return found
    seen = {job.id for job in found}
    for text in texts:
        if not any(text in job.name for job in found):
            found += [job.data for job in _job_named(text) if job.id() not in seen]
    if not found:
        raise NothingFoundError(kind="job", names=list(texts))
    return sorted(found, key=lambda job: str(job.name))


def _job_named(text: str) -> list[Job]:
    """Return the job of a whole name, as its script gave it, finished or not."""
    try:
        return [api.findJob(text)]
    except EntityNotFoundException:
        return []


def _list_jobs(args: _Args, is_command: bool) -> None:
    names = [job.name for job in _jobs_matching(args.query, is_command)]
    if args.json:
        _print_json(names)
        return
    for name in names:
        print(name)


def _list_job_info(args: _Args, is_command: bool) -> None:
    jobs = [Job(message) for message in _jobs_matching(args.query, is_command)]
    if args.json:
        _print_json([record_from_message(job.data) | depends.records(job) for job in jobs])
        return
    cueadmin.output.displayJobs(jobs)
    for job in jobs if is_command else ():
        depends.display(job)


def _procs(args: _Args, shows: list[str], is_command: bool) -> list[Proc]:
    if args.limit:
        _require_positive(args.limit, "-limit")
    jobs = [api.findJob(name).name() for name in args.job] if is_command else args.job
    found = opencue.search.ProcSearch.byOptions(
        show=shows,
        host=args.host or [],
        alloc=args.alloc,
        job=jobs,
        memory=_range(args.memory, "-memory", Convert.gigsToKB),
        duration=_range(args.duration, "-duration", Convert.hoursToSeconds),
        limit=args.limit,
    )
    return [Proc(message) for message in found.procs.procs]


def _range(text: str | None, flag: str, convert: Callable[[float], float]) -> list[Any]:
    try:
        return handleIntCriterion(text, convert)
    except (ValueError, OverflowError):
        reason = f"{text!r} is no range like 1-5, gt5 or lt5"
        raise UsageError(flag=flag, reason=reason) from None


def _require_positive(text: str, flag: str) -> None:
    """Raise UsageError unless a text is a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(flag=flag, reason=f"{text!r} is not a whole number above 0")


def _list_procs(args: _Args, is_command: bool) -> None:
    _print(args, _procs(args, args.lp, is_command), cueadmin.output.displayProcs)


def _list_logs(args: _Args, is_command: bool) -> None:
    paths = [proc.logPath() for proc in _procs(args, args.ll, is_command)]
    if args.json:
        _print_json(paths)
        return
    for path in paths:
        print(path)


def _list_hosts(args: _Args, is_command: bool) -> None:
    states = [_hardware_state(name) for name in args.state]
    hosts = api.getHosts(match=args.query, state=states, alloc=args.alloc)
    if is_command and args.query and not hosts:
        raise NothingFoundError(kind="host", names=list(args.query))
    order = {"lock_state": args.lock_state, "sort_idle": args.sort_idle}
    if args.json:
        shown = cueadmin.output.ordered_hosts(hosts, **order)
        _print_json([record_from_message(host.data) for host in shown])
    else:
        cueadmin.output.displayHosts(hosts, **order)


def _hardware_state(name: str) -> int:
    try:
        return Convert.strToHardwareState(name)
    except ValueError as error:
        raise UsageError(flag="-state", reason=str(error)) from None


def _list_allocations(args: _Args, is_command: bool) -> None:
    _print(args, api.getAllocations(), cueadmin.output.displayAllocations)


def _list_shows(args: _Args, is_command: bool) -> None:
    _print(args, api.getShows(), cueadmin.output.displayShows)


def _list_subscriptions(args: _Args, is_command: bool) -> None:
    shows = [api.findShow(name) for name in args.lb]
    found = [(show.data.name, show.getSubscriptions()) for show in shows]
    if args.json:
        _print_json([record_from_message(item.data) for _, items in found for item in items])
        return
    for name, subscriptions in found:
        cueadmin.output.displaySubscriptions(subscriptions, name)


def _list_subscriptions_to(args: _Args, is_command: bool) -> None:
    found = api.findAllocation(args.lba).getSubscriptions()
    _print(args, found, lambda them: cueadmin.output.displaySubscriptions(them, "All Shows"))


def _list_services(args: _Args, is_command: bool) -> None:
    _print(args, _services(args.lv), cueadmin.output.displayServices)


def _services(shows: Sequence[str]) -> list[Any]:
    """Return what shows want otherwise of services; without shows, the services of the farm."""
    if not shows:
        return list(api.getDefaultServices())
    return [each for name in shows for each in api.findShow(name).getServiceOverrides()]


_LISTINGS: dict[str, Callable[[_Args, bool], None]] = {
    "lj": _list_jobs,
    "lji": _list_job_info,
    "lp": _list_procs,
    "ll": _list_logs,
    "lh": _list_hosts,
    "la": _list_allocations,
    "ls": _list_shows,
    "lb": _list_subscriptions,
    "lba": _list_subscriptions_to,
    "lv": _list_services,
}

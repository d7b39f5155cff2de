"""The listings: what is asked of the server, and how it is printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from cueadmin import depends, output
from cueadmin.failures import NothingFoundError, UsageError
from cueadmin.records import record_from_message
from opencue import api
from opencue.api import Host, Job, Proc, host_pb2
from opencue.exception import EntityNotFoundException

_Args = argparse.Namespace
_LOCK_STATES = tuple(host_pb2.LockState.keys())


def run(name: str, args: _Args) -> None:
    """Print the listing of that name."""
    _LISTINGS[name](args)


def _print(args: _Args, entities: Sequence[Any], display: Callable[..., None]) -> None:
    """Print entities as JSON when asked for, else as their table."""
    if args.json:
        _print_json([record_from_message(entity.data) for entity in entities])
    else:
        display(entities)


def _print_json(content: Any) -> None:
    json.dump(content, sys.stdout, indent=2, ensure_ascii=False)
    print()


def jobs_matching(texts: Sequence[str]) -> list[Job]:
    """Return the jobs whose names contain one of the texts; all pending jobs without texts.

    A text that no pending job's name contains may be the whole name of a job, as its script gave
    it, finished or not.

    Raises:
        NothingFoundError: There are texts and none of them finds anything.
    """
    if not texts:
        return api.getJobs()
    found = {job.id(): job for text in texts for job in _jobs_matching(text)}
    if not found:
        raise NothingFoundError(kind="job", names=list(texts))
    return sorted(found.values(), key=lambda job: job.name())


def _jobs_matching(text: str) -> list[Job]:
    found = api.getJobs(substr=[text])
    if found:
        return found
    try:
        return [api.findJob(text)]
    except EntityNotFoundException:
        return []


def _list_jobs(args: _Args) -> None:
    jobs = jobs_matching(args.query or args.lj)
    if args.json:
        _print_json([job.name() for job in jobs])
    else:
        output.print_names(jobs)


def _list_job_info(args: _Args) -> None:
    jobs = jobs_matching(args.query or args.lji)
    if args.json:
        _print_json([record_from_message(job.data) | depends.records(job) for job in jobs])
        return
    output.print_jobs(jobs)
    for job in jobs:
        depends.display(job)


def _procs(args: _Args, shows: list[str]) -> list[Proc]:
    options = {
        "show": shows,
        "host": args.host,
        "alloc": args.alloc,
        "job": args.job and [api.findJob(name).name() for name in args.job],
        "memory": args.memory,
        "duration": args.duration,
        "limit": args.limit and positive(args.limit, "-limit"),
    }
    return api.getProcs(**options)


def positive(text: str, flag: str) -> int:
    """Return a whole number above 0.

    Raises:
        UsageError: The text is no such number.
    """
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(flag=flag, reason=f"{text!r} is not a whole number above 0")
    return int(text)


def _list_procs(args: _Args) -> None:
    _print(args, _procs(args, args.lp), output.print_procs)


def _list_logs(args: _Args) -> None:
    paths = [proc.logPath() for proc in _procs(args, args.ll)]
    if args.json:
        _print_json(paths)
    else:
        for path in paths:
            print(path)


def _list_hosts(args: _Args) -> None:
    texts = args.query or args.lh
    hosts = api.getHosts(match=texts, state=_states(args.state), alloc=args.alloc)
    if texts and not hosts:
        raise NothingFoundError(kind="host", names=list(texts))
    _print(args, _in_order(_in_lock_state(hosts, args.lock_state), args), output.print_hosts)


def _states(names: Sequence[str] | None) -> list[str] | None:
    known = host_pb2.HardwareState.keys()
    wanted = [name.upper() for name in names or ()]
    if unknown := [name for name in wanted if name not in known]:
        raise UsageError(flag="-state", reason=f"{unknown[0]!r} is none of {', '.join(known)}")
    return wanted or None


def _in_lock_state(hosts: Sequence[Host], name: str | None) -> list[Host]:
    if name is None:
        return list(hosts)
    if name.upper() not in _LOCK_STATES:
        reason = f"{name!r} is none of {', '.join(_LOCK_STATES)}"
        raise UsageError(flag="-lock-state", reason=reason)
    return [host for host in hosts if host.lockState() == host_pb2.LockState.Value(name.upper())]


def _in_order(hosts: Sequence[Host], args: _Args) -> list[Host]:
    if args.sort_idle:
        return sorted(hosts, key=lambda host: (host.coresIdle(), host.memIdle()))
    return sorted(hosts, key=lambda host: host.name())


def _list_allocations(args: _Args) -> None:
    found = sorted(api.getAllocations(), key=lambda alloc: (alloc.facility(), alloc.name()))
    _print(args, found, output.print_allocations)


def _list_shows(args: _Args) -> None:
    _print(args, api.getShows(), output.print_shows)


def _list_subscriptions(args: _Args) -> None:
    shows = [api.findShow(name) for name in args.lb]
    found = {show.name(): show.getSubscriptions() for show in shows}
    if args.json:
        _print_json([record_from_message(item.data) for items in found.values() for item in items])
        return
    for name, subscriptions in found.items():
        output.print_subscriptions(subscriptions, name)


def _list_subscriptions_to(args: _Args) -> None:
    subscriptions = api.findAllocation(args.lba).getSubscriptions()
    _print(args, subscriptions, lambda found: output.print_subscriptions(found, "All Shows"))


def _list_services(args: _Args) -> None:
    if not args.lv:
        _print(args, api.getDefaultServices(), output.print_services)
        return
    overrides = [item for name in args.lv for item in api.findShow(name).getServiceOverrides()]
    wanted = [api.Service(override.data) for override in overrides]
    _print(args, wanted, output.print_services)


_LISTINGS: dict[str, Callable[[_Args], None]] = {
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

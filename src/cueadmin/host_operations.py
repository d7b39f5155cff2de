"""The operations on hosts."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

import opencue
from cueadmin.converting import Convert
from cueadmin.failures import NothingFoundError, UsageError
from cueadmin.operation import Operation
from opencue import api
from opencue.api import Host, host_pb2

_Args = argparse.Namespace


def hosts_of(args: _Args) -> list[Host]:
    """Return the hosts that ``-host`` and ``-hostmatch`` name.

    Raises:
        UsageError: Neither is given.
        NothingFoundError: A host named is not there, or no name contains the texts.
    """
    if not args.host and not args.hostmatch:
        raise UsageError(flag="host operation", reason="name hosts with -host or -hostmatch")
    found = _named(args.host or ()) + _matching(args.hostmatch or ())
    return list({host.id(): host for host in found}.values())


def _named(names: Iterable[str]) -> list[Host]:
    wanted = list(names)
    found: list[Host] = opencue.search.HostSearch.byName(wanted) if wanted else []
    if len(found) >= len(wanted):
        return found
    known = {host.name() for host in found}
    if missing := [name for name in wanted if name not in known]:
        raise NothingFoundError(kind="host", names=missing)
    return found


def _matching(texts: Iterable[str]) -> list[Host]:
    wanted = list(texts)
    found: list[Host] = opencue.search.HostSearch.byMatch(wanted) if wanted else []
    if wanted and not found:
        raise NothingFoundError(kind="host matching", names=wanted)
    return found


def _each(hosts: Iterable[Host], act: Callable[[Host], object]) -> tuple[Callable[[], object], ...]:
    return tuple(lambda host=host: act(host) for host in hosts)


def _lock(args: _Args) -> Operation:
    return Operation(_each(hosts_of(args), lambda host: host.lock()))


def _unlock(args: _Args) -> Operation:
    return Operation(_each(hosts_of(args), lambda host: host.unlock()))


def _move(args: _Args) -> Operation:
    hosts, target = hosts_of(args), api.findAllocation(args.move)
    steps = _each(hosts, lambda host: host.setAllocation(target))
    return Operation(steps, f"Move {len(hosts)} hosts to {args.move}")


def _delete_host(args: _Args) -> Operation:
    hosts = hosts_of(args)
    return Operation(_each(hosts, lambda host: host.delete()), f"Delete {len(hosts)} hosts")


def _safe_reboot(args: _Args) -> Operation:
    hosts = hosts_of(args)
    question = f"Lock and reboot {len(hosts)} hosts when idle"
    return Operation(_each(hosts, lambda host: host.rebootWhenIdle()), question)


def _thread(args: _Args) -> Operation:
    mode, hosts = Convert.strToThreadMode(args.thread), hosts_of(args)
    steps = _each(hosts, lambda host: host.setThreadMode(mode))
    return Operation(steps, f"Set {len(hosts)} hosts to thread mode {args.thread}")


def _repair(args: _Args) -> Operation:
    hosts = hosts_of(args)
    steps = _each(hosts, lambda host: host.setHardwareState(host_pb2.REPAIR))
    return Operation(steps, f"Set {len(hosts)} hosts into the Repair state")


def _fixed(args: _Args) -> Operation:
    hosts = hosts_of(args)
    steps = _each(hosts, lambda host: host.setHardwareState(host_pb2.UP))
    return Operation(steps, f"Set {len(hosts)} hosts into the Up state")


OPERATIONS: dict[str, Callable[[_Args], Operation]] = {
    "lock": _lock,
    "unlock": _unlock,
    "move": _move,
    "delete_host": _delete_host,
    "safe_reboot": _safe_reboot,
    "thread": _thread,
    "repair": _repair,
    "fixed": _fixed,
}

"""Reboot many hosts group by group, and wait for them: what `Host.rebootFarmSafely` does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from opencue import search
from opencue.exception import CancelledException, ConnectionException

if TYPE_CHECKING:
    from opencue.wrappers.host import Host

LOOK_S = 30.0
"""Seconds between two looks at the hosts."""
_PART_LEFT_BEHIND = 0.2
"""The share of a group that the next one does not wait for."""
_INTERRUPTIONS = (ConnectionException, CancelledException)


def reboot_in_groups(group_size: int, start_time: float, options: dict[str, Any]) -> None:
    """Ask, then reboot the hosts of a search when they are idle, so many at a time, and wait for them all.

    Args:
        group_size: How many go at a time.
        start_time: Seconds since 1970: hosts that booted since are left alone.
        options: Options of `opencue.search.HostSearch`.
    """
    hosts = _hosts_of_farm(options)
    if not hosts or not _is_agreed(hosts):
        return
    left: list[str] = []
    for first in range(0, len(hosts), group_size):
        group = hosts[first : first + group_size]
        names = [host.name() for host in group]
        for host in group:
            if host.bootTime() < start_time:
                _request(host)
        _say(f"Reboot requested of {', '.join(names)}; waiting")
        left += wait_for(names, start_time, most_left=int(len(names) * _PART_LEFT_BEHIND))
    wait_for(left, start_time)
    _say("All hosts have been rebooted")


def monitor(start_time: float, options: dict[str, Any]) -> None:
    """Wait until no host of a search has still to reboot."""
    hosts = _hosts_of_farm(options)
    if hosts:
        wait_for([host.name() for host in hosts], start_time)
        _say("All hosts have been rebooted")


def wait_for(names: Sequence[str], start_time: float, most_left: int = 0) -> list[str]:
    """Wait until all of these hosts but a few have rebooted since a time; return the names of those few."""
    while names:
        left: list[str] = _try_again(lambda: _still_to_reboot(names, start_time))
        if len(left) <= most_left:
            return left
        _say(f"Waiting for {len(left)} hosts: {', '.join(left)}")
        time.sleep(LOOK_S)
    return []


def _still_to_reboot(names: Sequence[str], start_time: float) -> list[str]:
    hosts = search.HostSearch.byName(list(names))
    return [host.name() for host in hosts if not host.isUp() or host.bootTime() < start_time]


def _hosts_of_farm(options: dict[str, Any]) -> list[Host]:
    """Return the hosts of a search that are up and nobody's desk, and say so when there are none."""
    found = search.HostSearch.byOptions(**options)
    hosts = [host for host in found if host.isUp() and not host.isNimbyEnabled()]
    if not hosts:
        _say("No hosts found")
    return hosts


def _is_agreed(hosts: Sequence[Host]) -> bool:
    """Ask whether these hosts may be rebooted until the answer is Y or n."""
    _say(f"These hosts will be rebooted: {', '.join(host.name() for host in hosts)}")
    while True:
        answer = input("Is that safe? [Y/n] ")
        if answer in {"Y", "n"}:
            return answer == "Y"


def _request(host: Host) -> None:
    _try_again(host.rebootWhenIdle)


def _try_again(call: Callable[[], Any]) -> Any:
    """Return what a call answers, however long no server is there to answer."""
    while True:
        try:
            return call()
        except _INTERRUPTIONS as error:
            _say(f"{error}; trying again in {LOOK_S:g} s")
            time.sleep(LOOK_S)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")

"""What a frame found on a host, and what of it will give trouble."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cuelet
from cuelet.client.fleet.frame import PROBE
from outline import config

_MOST_OFF_S = 2.0
"""Clocks that differ by more confuse whoever compares times of files, and start times of jobs."""
_LEAST_TEMP_GB = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """A host as a frame found it."""

    host: str
    """Its name in the farm."""
    python: str
    executable: str
    cuelet: str
    """Version of Cuelet."""
    user: str
    uid: int
    umask: int
    directory: str
    """Where the frame started."""
    path_map: Mapping[str, str]
    temp: str
    temp_free_gb: float
    clock_off_s: float
    """How far its clock is ahead of this machine's, in seconds."""
    files_uid: int
    """Whose the files are that it writes into a session, as seen from here."""

    @property
    def facts(self) -> str:
        """What there is to know of it, in one line."""
        mapped = f"{len(self.path_map)} mapped paths" if self.path_map else "no path map"
        return (
            f"Python {self.python} ({self.executable}), Cuelet {self.cuelet}, session read and "
            f"written as {self.user or 'nameless'} (uid {self.uid}), umask {self.umask:03o}, "
            f"starts in {self.directory}, {mapped}, clock {self.clock_off_s:+.1f} s, "
            f"{self.temp} {self.temp_free_gb:.1f} GB free"
        )

    def troubles(self, user: str) -> Iterator[str]:
        """Yield sentences on what will give trouble, each with what to do.

        Args:
            user: The user that the job was launched for.
        """
        yield from self._of_versions()
        yield from self._of_user(user)
        if abs(self.clock_off_s) > _MOST_OFF_S:
            yield f"its clock is {self.clock_off_s:+.1f} s off this machine's: let both ask one time server"
        if self.temp_free_gb < _LEAST_TEMP_GB:
            yield f"only {self.temp_free_gb:.1f} GB are free in {self.temp}: make room there"
        here = config.path_map()
        if here.keys() - self.path_map.keys():
            missing = ", ".join(sorted(here.keys() - self.path_map.keys()))
            yield f"its path map lacks {missing}: write it into ~/.config/opencue/outline.cfg of {user} there"

    def _of_versions(self) -> Iterator[str]:
        if self.cuelet != cuelet.__version__:
            yield f"it has Cuelet {self.cuelet}, here is {cuelet.__version__}: install the same on both"
        here = platform.python_version_tuple()[:2]
        if tuple(self.python.split(".")[:2]) != here:
            yield (
                f"it has Python {self.python}, here is {'.'.join(here)}: classes of scripts travel "
                "between equal versions only"
            )

    def _of_user(self, user: str) -> Iterator[str]:
        if self.user != user:
            yield (
                f"frames run as {self.user or self.uid}, not as {user}: set RQD_BECOME_JOB_USER = True "
                "in its rqd.conf, or share sessions by session_group in outline.cfg"
            )
        if self.files_uid != os.getuid():
            yield (
                f"what it writes into sessions belongs to uid {self.files_uid}, so you cannot remove it: "
                "let frames run as you"
            )


def report_of(host: str, found: Mapping[str, Any], *, lag_s: float, layer_path: str) -> HostReport:
    """Return the report of a host.

    Args:
        host: Its name in the farm.
        found: What the frame stored.
        lag_s: How far the clock of this machine is ahead of the disk's, in seconds.
        layer_path: The folder of the layer in the session.
    """
    shown = {key: found[key] for key in HostReport.__dataclass_fields__ if key in found}
    return HostReport(
        **shown
        | {
            "host": host,
            "clock_off_s": found["disk_lag_s"] - lag_s,
            "files_uid": os.lstat(os.path.join(layer_path, PROBE)).st_uid,
        }
    )

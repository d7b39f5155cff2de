"""A check of hosts: which are asked, and what of a report gives trouble."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import pytest

import cuelet
from cuelet.client.fleet.checking import why_not
from cuelet.client.fleet.frame import PROBE, disk_lag_s
from cuelet.client.fleet.report import HostReport, report_of
from outline import config
from outline.jobspec.renderfarm import RenderHost, Share

BLADE = RenderHost(name="blade1", cores=8, memory_mb=32768, allocation="local.general")
SHARE = Share(allocation="local.general", size=1, burst=1)


def report(**changed: Any) -> HostReport:
    """Return what a host says with which nothing is wrong."""
    said: dict[str, Any] = {
        "host": "blade1",
        "python": platform.python_version(),
        "executable": "/usr/bin/python3",
        "cuelet": cuelet.__version__,
        "user": "ada",
        "uid": 2001,
        "umask": 0o022,
        "directory": "/tmp",
        "path_map": {},
        "temp": "/tmp",
        "temp_free_gb": 20.0,
        "clock_off_s": 0.01,
        "files_uid": os.getuid(),
    }
    return HostReport(**(said | changed))


def test_a_host_like_this_one_gives_no_trouble() -> None:
    assert list(report().troubles("ada")) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cuelet": "0.0.9"}, "it has Cuelet 0.0.9, here is"),
        ({"python": "3.9.1"}, "it has Python 3.9.1, here is"),
        ({"user": "root", "uid": 0}, "frames run as root, not as ada: set RQD_BECOME_JOB_USER"),
        ({"user": "", "uid": 77}, "frames run as 77, not as ada"),
        ({"files_uid": os.getuid() + 1}, "you cannot remove it"),
        ({"clock_off_s": -7.25}, "its clock is -7.2 s off"),
        ({"temp_free_gb": 0.3}, "only 0.3 GB are free in /tmp"),
    ],
)
def test_each_trouble_is_a_sentence_with_a_way_out(changed: dict[str, Any], said: str) -> None:
    (found,) = report(**changed).troubles("ada")

    assert said in found
    assert ": " in found or ", so " in found


def test_a_path_map_that_lacks_what_this_machine_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUELET_PATH_MAP", '{"/mnt/a": "/a", "/mnt/b": "/b"}')
    config.reload()

    (found,) = report(path_map={"/mnt/a": "/elsewhere"}).troubles("ada")

    assert "lacks /mnt/b:" in found


def test_clocks_are_compared_by_the_disk_both_write_to(tmp_path: Path) -> None:
    lag_s = disk_lag_s(str(tmp_path))
    found = report().__class__.__dataclass_fields__
    said = {name: getattr(report(), name) for name in found} | {"disk_lag_s": lag_s + 12.0}

    made = report_of("blade7", said, lag_s=lag_s, layer_path=str(tmp_path))

    assert made.host == "blade7"
    assert made.clock_off_s == pytest.approx(12.0)
    assert made.files_uid == (tmp_path / PROBE).lstat().st_uid


@pytest.mark.parametrize(
    ("host", "shares", "alone", "reason"),
    [
        (BLADE, None, False, ""),
        (BLADE, (SHARE,), False, ""),
        (BLADE.replace(is_up=False, is_open=False), None, False, "it is down"),
        (BLADE.replace(is_open=False), None, False, "it is locked"),
        (BLADE, (), False, "the show has no subscription to its allocation local.general"),
        (BLADE.replace(name="vm"), None, True, ""),
        (BLADE.replace(name="vm"), None, False, "its name is none"),
    ],
)
def test_a_host_that_cannot_be_asked_says_why(
    host: RenderHost, shares: tuple[Share, ...] | None, alone: bool, reason: str
) -> None:
    found = why_not(host, shares, alone=alone)

    assert bool(found) == bool(reason)
    assert reason in found

"""Frames whose job brought no environment know nothing of the shell that started the farm."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

import opencue
from tests.conftest import FarmBox, wait_until


def test_a_stock_launch_sees_nothing_of_the_shell_that_started_the_farm(
    box: FarmBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.env |= {"FARM_SHELL_TOKEN": "secret", "LD_PRELOAD": "", "PYTHONHOME_": "x", "LC_TIME": "C"}
    box.start()
    monkeypatch.setenv("CUELET_STATE_DIR", box.env["CUELET_STATE_DIR"])
    opencue.Cuebot.closeChannel()
    spec = (
        "<?xml version='1.0'?><spec><facility>local</facility><show>show</show><shot>shot</shot>"
        "<user>user</user><job name='bare'><layers><layer name='main' type='Render'>"
        "<cmd>cat /proc/self/environ</cmd><range>1-1</range></layer></layers></job></spec>"
    )

    (job,) = opencue.launchSpecAndWait(spec)
    wait_until(lambda: opencue.api.getJob(job.id()).state() == opencue.api.job_pb2.FINISHED)
    (log,) = Path(job.data.log_dir).glob("*.rqlog")
    text = log.read_bytes()
    opencue.Cuebot.closeChannel()

    seen = dict(
        each.split(b"=", 1)
        for each in text.rpartition(b"=" * 60 + b"\n")[2].split(b"\0")
        if b"=" in each
    )
    assert b"secret" not in text
    assert {name for name in seen if not name.startswith((b"CUE", b"[cuelet"))} - {b"PWD"} <= {
        *(b"PATH", b"HOME", b"USER", b"LOGNAME", b"SHELL", b"LANG", b"LANGUAGE", b"LC_TIME", b"TZ"),
        *(b"LC_ALL", b"SHLVL", b"_", b"OLDPWD"),
    }  # fmt: skip
    assert seen[b"LC_TIME"] == b"C"
    assert seen[b"HOME"] == os.fsencode(pwd.getpwuid(os.getuid()).pw_dir)
    assert seen[b"CUELET_STATE_DIR"] == os.fsencode(box.env["CUELET_STATE_DIR"])

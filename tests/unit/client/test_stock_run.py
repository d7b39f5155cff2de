"""``cuelet repro`` at a stock Cuebot: out of RQD's log of the frame, else out of its layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import opencue
from cuelet.client.repro import script_lines
from cuelet.client.stock_run import run_at_cuebot
from opencue.cuebot import Cuebot
from tests.stock_cuebot import SUCCEEDED, WAITING, StockCuebot

RULE = "=" * 59


@pytest.fixture
def cuebot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StockCuebot]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("OF_SHELL", "yes")
    server = StockCuebot()
    Cuebot.setHosts(server.host)
    yield server
    server.close()
    Cuebot.closeChannel()
    Cuebot.Hosts = None


def test_a_frame_that_ran_runs_as_rqd_wrote_it_down(cuebot: StockCuebot, tmp_path: Path) -> None:
    job = cuebot.add_job("demo-sh010-ada_hello", finished=True, log_dir=str(tmp_path))
    cuebot.add_layer(job, "render", {3: SUCCEEDED}, command="other #IFRAME#")
    (tmp_path / "demo-sh010-ada_hello.0003-render.rqlog").write_text(
        f"{RULE}\nRenderQ JobSpec      today\n\ncommand              echo 3 && exit 4\n"
        f"cwd                  {tmp_path}\nenv                  CUE_FRAME=0003-render\n"
        f"env                  PATH=/usr/bin:/bin\n{RULE}\nits output\n"
    )

    found = opencue.api.findJob("hello")
    run = run_at_cuebot(found, found.getFrames()[0])

    assert [step.argv for step in run.steps] == [("/bin/sh", "-c", "echo 3 && exit 4")]
    assert (run.cwd, run.env["CUE_FRAME"], run.env["PATH"]) == (
        str(tmp_path), "0003-render", "/usr/bin:/bin",
    )  # fmt: skip
    assert run.env["HOME"] == str(tmp_path)
    assert "OF_SHELL" not in run.env
    assert "wrote into the log" in run.note
    assert f"# {run.note}" in list(script_lines(run))


def test_one_that_never_ran_gets_this_shells_environment_and_its_own_tokens(
    cuebot: StockCuebot,
) -> None:
    job = cuebot.add_job("demo-sh010-ada_hello")
    cuebot.add_layer(
        job, "render", {1: WAITING, 4: WAITING}, chunk_size=3,
        command="run #IFRAME# #ZFRAME# #FRAME# #FRAMESPEC# #FRAME_END# #JOB#",
    ).range = "1-5"  # fmt: skip

    found = opencue.api.getJob(job.id)
    run = run_at_cuebot(found, found.getFrames(range="4")[0])

    [step] = run.steps
    assert step.argv[2] == "run 4 0004 0004-render 4-5 5 demo-sh010-ada_hello"
    assert (run.env["OF_SHELL"], run.env["CUE_IFRAME"]) == ("yes", "4")
    assert "keeps no environment" in run.note

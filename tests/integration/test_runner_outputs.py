"""The resident runner and the files a run should have made."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from cuelet.core.values.runs import BAD_OUTPUT, ORPHANED, OutputFile, RunExited
from cuelet.runner.fingerprints import take_fingerprint
from cuelet.runner.testing import Listener, make_request, open_resident, wait_gone
from tests.specs import sh


def run(folder: Path, script: str, *outputs: OutputFile) -> RunExited:
    return asyncio.run(_run(folder, script, outputs))


async def _run(folder: Path, script: str, outputs: tuple[OutputFile, ...]) -> RunExited:
    heard = Listener()
    async with open_resident(folder / "runner", heard) as runner:
        request = make_request("r.1", sh(script), log_path=folder / "log", cwd=folder)
        runner.spawn(replace(request, outputs=outputs))
        (exited,) = await heard.wait_exits("r.1")
        return exited


def output(path: Path, **more: object) -> OutputFile:
    return OutputFile("render/image", (str(path),), **more)  # type: ignore[arg-type]


def test_a_run_that_made_its_outputs_succeeds(tmp_path: Path) -> None:
    exited = run(tmp_path, "echo pixels > a.exr", output(tmp_path / "a.exr"))

    assert (exited.exit_status, exited.exit_signal, exited.reason) == (0, 0, "")


@pytest.mark.parametrize(
    ("script", "least", "fault"),
    [
        ("true", 1, "is missing"),
        (": > a.exr", 1, "is empty"),
        ("printf 1234567 > a.exr", 8, "has 7 bytes, less than 8"),
        ("mkdir a.exr", 1, "is an empty directory"),
        ("ln -s nowhere a.exr", 1, "is missing"),
        ("ln -s a.exr a.exr", 1, "cannot be looked at: Too many levels of symbolic links"),
    ],
)
def test_a_run_without_its_output_has_failed_and_says_which(
    tmp_path: Path, script: str, least: int, fault: str
) -> None:
    path = tmp_path / "a.exr"

    exited = run(tmp_path, script, output(path, min_bytes=least))

    assert exited.exit_status == BAD_OUTPUT
    assert exited.reason == f"exit 0, but output {path} {fault}"
    assert exited.reason in (tmp_path / "log").read_text()


def test_of_several_faults_the_first_is_named_and_the_others_counted(tmp_path: Path) -> None:
    files = [output(tmp_path / f"{number}.exr") for number in range(4)]

    exited = run(tmp_path, "echo x > 1.exr", *files)

    assert exited.reason == (f"exit 0, but output {tmp_path}/0.exr is missing, and 2 more")


def test_a_run_that_failed_anyway_keeps_its_own_status(tmp_path: Path) -> None:
    exited = run(tmp_path, "exit 3", output(tmp_path / "a.exr"))

    assert (exited.exit_status, exited.reason) == (3, "")


def test_an_output_that_is_not_checked_may_be_missing(tmp_path: Path) -> None:
    exited = run(tmp_path, "true", output(tmp_path / "a.exr", checked=False))

    assert (exited.exit_status, exited.reason) == (0, "")


def test_a_file_may_be_in_another_place(tmp_path: Path) -> None:
    either = OutputFile("render/image", (str(tmp_path / "a.exr"), str(tmp_path / "a.png")))

    assert (run(tmp_path, "echo x > a.png", either)).exit_status == 0


def test_a_name_of_any_bytes_is_told(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n" + b"x" * 200))

    exited = run(tmp_path, "true", output(path))

    assert exited.reason == f"exit 0, but output {path} is missing"


def test_a_frame_is_told_what_is_looked_at_afterwards(tmp_path: Path) -> None:
    script = 'printf %s "$CUELET_CHECKED_OUTPUTS" > a.exr'

    run(tmp_path, script, output(tmp_path / "a.exr"))

    assert (tmp_path / "a.exr").read_text() == '["render/image"]'


def test_whoever_looks_holds_up_its_own_run_only_and_keeps_nothing_of_the_runner(
    tmp_path: Path,
) -> None:
    asyncio.run(_stop_the_looker(tmp_path))


async def _stop_the_looker(folder: Path) -> None:
    """Stop the looking process by hand, as a file system does that does not answer."""
    heard = Listener()
    many = tuple(output(folder / f"{number}") for number in range(100_000))
    async with open_resident(folder / "runner", heard) as runner:
        request = make_request("r.1", sh("true"), log_path=folder / "log")
        runner.spawn(replace(request, outputs=many))
        looker = await _looker_of(heard, runner.pid)
        os.kill(looker, signal.SIGSTOP)
        opened = [os.readlink(each) for each in Path(f"/proc/{looker}/fd").iterdir()]
        runner.spawn(make_request("r.2", sh("true"), log_path=folder / "log2"))
        (other,) = await heard.wait_exits("r.2")
        runner.kill("r.1", 0.1)
        (exited,) = await heard.wait_exits("r.1")
        await wait_gone(looker)

    assert other.exit_status == 0
    assert not [each for each in opened if "lock" in each or "journal" in each or "sock" in each]
    assert exited.exit_signal in {signal.SIGTERM, signal.SIGKILL}
    assert exited.exit_status == 128 + exited.exit_signal
    assert exited.reason == "killed on request"


async def _looker_of(heard: Listener, resident: int) -> int:
    """Return the process that looks, once it has let go of what is the runner's."""
    await heard.wait_started("r.1")
    children = Path(f"/proc/{resident}/task/{resident}/children")
    ours = os.readlink(f"/proc/{resident}/exe")
    async with asyncio.timeout(20):
        while True:
            for child in children.read_text().split():
                if os.readlink(f"/proc/{child}/exe") == ours and len(_open_files(child)) == 4:
                    return int(child)
            await asyncio.sleep(0.001)


def _open_files(pid: str) -> list[str]:
    return os.listdir(f"/proc/{pid}/fd")


def test_a_run_whose_runner_dies_during_the_look_is_lost_and_nobody_looks_on(
    tmp_path: Path,
) -> None:
    asyncio.run(_kill_the_runner(tmp_path))


async def _kill_the_runner(folder: Path) -> None:
    heard = Listener()
    many = tuple(output(folder / f"{number}") for number in range(100_000))
    async with open_resident(folder / "runner", heard) as runner:
        request = make_request("r.1", sh("true"), log_path=folder / "log")
        runner.spawn(replace(request, outputs=many, freshness_note="note"))
        looker = await _looker_of(heard, runner.pid)
        os.kill(looker, signal.SIGSTOP)
        os.kill(runner.pid, signal.SIGKILL)
        await heard.wait_until(lambda: heard.times_lost > 0)
        state = await runner.connect()
        exits = {each.run_id: each for each in state.exited}
        exited = exits.get("r.1") or (await heard.wait_exits("r.1"))[0]
        await wait_gone(looker)

    assert (exited.exit_status, exited.made) == (ORPHANED, "")


def test_what_a_run_was_asked_for_comes_back_with_a_fingerprint(tmp_path: Path) -> None:
    path = output(tmp_path / "a.exr", checked=False)

    async def made(script: str, run_id: str) -> str:
        heard = Listener()
        async with open_resident(tmp_path / f"runner{run_id}", heard) as runner:
            request = make_request(run_id, sh(script), log_path=tmp_path / run_id, cwd=tmp_path)
            runner.spawn(
                replace(request, outputs=(path,), freshness_note="key command env frames in")
            )
            (exited,) = await heard.wait_exits(run_id)
            return exited.made

    assert asyncio.run(made("true", "r.1")) == ""  # there is nothing to recognise later
    told = asyncio.run(made("echo x > a.exr", "r.2"))
    assert told == f"key command env frames in {take_fingerprint([path]).text}"
    assert asyncio.run(made("exit 1", "r.3")) == ""

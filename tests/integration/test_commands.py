"""Every command through main(argv), against a private farm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import opencue
from cuelet.cli.main import main
from opencue.wrappers.job import Job
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh

NAME = "show-shot-user_test_job"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(client: FarmBox, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return what runs a command and gives back its status, output and messages."""

    def command(*argv: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        status = main(argv)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return command


def launch(layers: Any, depends: Any = (), **more: Any) -> Job:
    (job,) = opencue.api.launchSpecAndWait(job_spec(layers, depends, **more))
    return job


def now(job: Job) -> Job:
    return opencue.api.getJob(job.id())


DIES = {"argv": sh("echo one; echo two; echo oh no; exit 9"), "retries": 0}


@pytest.fixture
def stuck(client: FarmBox) -> Job:
    """Return a job with two dead frames, one of which another waits for, and a finished one."""
    job = launch(
        {
            "bad": {**DIES, "range": "1-2"},
            "good": {"argv": sh("echo fine; printf '\\033[31mred\\n'")},
            "after": {"argv": ["/bin/true"]},
        },
        [{"layer": "after", "on": "bad", "type": "LAYER_ON_LAYER"}],
    )
    wait_until(lambda: now(job).deadFrames() == 2 and now(job).succeededFrames() == 1)
    return job


@pytest.fixture
def sleeper(client: FarmBox) -> Job:
    """Return a job of which two frames run for long and one waits."""
    job = launch({"main": {"argv": sh("echo begun; sleep 600"), "range": "1-3"}})
    wait_until(lambda: now(job).runningFrames() == 2)
    return job


# -- jobs and show -----------------------------------------------------------------------------


def test_no_jobs_are_said_to_be_none(run: Run) -> None:
    assert run("jobs") == (0, "no jobs; run one with cuelet run SCRIPT\n", "")
    assert run("jobs", "--json") == (0, "[]\n", "")


def test_jobs_lists_each_with_state_and_counts(stuck: Job, run: Run) -> None:
    status, out, err = run("jobs")

    assert (status, err) == (0, "")
    row = next(line.split() for line in out.splitlines() if NAME in line)
    assert row[:4] == [NAME, "stuck", "1/4", "2"]


def test_jobs_in_json_have_every_count_and_time(stuck: Job, run: Run) -> None:
    (job,) = json.loads(run("jobs", "--json")[1])

    times = {key: job.pop(key) for key in ("submitted_at", "stopped_at", "log_dir", "id")}
    assert job == {
        "name": NAME,
        "state": "stuck",
        "user": "user",
        "priority": 1,
        "frames": 4,
        "succeeded": 1,
        "running": 0,
        "waiting": 0,
        "depend": 1,
        "dead": 2,
        "eaten": 0,
        "skipped_frames": 0,
        "waits": "",
    }
    assert times["id"] == stuck.id()
    assert time.time() - times["submitted_at"] < 100
    assert times["stopped_at"] is None
    assert Path(times["log_dir"]).is_dir()


def test_show_tells_layers_depends_and_dead_frames_with_their_last_words(
    stuck: Job, run: Run
) -> None:
    status, out, _ = run("show", "test-job")

    assert status == 0
    assert f"{NAME}  stuck" in out
    assert "after: every frame waits for all of bad to succeed, 1 frame held" in out
    assert "exit 9" in out
    assert "oh no" in out
    assert f"cuelet retry {NAME}" in out


def test_show_in_json_has_layers_depends_and_dead_frames(stuck: Job, run: Run) -> None:
    shown = json.loads(run("show", stuck.id(), "--json")[1])

    assert [layer["name"] for layer in shown["layers"]] == ["bad", "good", "after"]
    assert {"range", "chunk", "frames", "cores", "memory_mb", "max_rss_kb"} <= set(
        shown["layers"][0]
    )
    (depend,) = shown["depends"]
    assert (depend["layer"], depend["on"], depend["left"], depend["released"]) == (
        "after",
        "bad",
        1,
        False,
    )
    assert [frame["name"] for frame in shown["dead_frames"]] == ["0001-bad", "0002-bad"]
    dead = shown["dead_frames"][0]
    assert (dead["exit_status"], dead["exit_signal"], dead["retries"]) == (9, 0, 0)
    assert dead["last_lines"] == ["one", "two", "oh no"]
    assert Path(dead["log_path"]).read_text().endswith("\n")


# -- logs --------------------------------------------------------------------------------------


def test_logs_prints_the_bytes_of_a_frames_log(stuck: Job, run: Run) -> None:
    by_layer, by_number = run("logs", NAME, "good"), run("logs", NAME, "1-good")

    path = run("logs", NAME, "good", "--path")[1].strip()
    assert by_layer == by_number == (0, Path(path).read_text(), "")
    assert "fine\n\x1b[31mred\n" in by_layer[1]


@pytest.mark.parametrize(
    ("frame", "status", "says"),
    [
        ("9-bad", 5, "no frame 9 in layer 'bad'"),
        ("bad", 2, "layer 'bad' has 2 frames; name one like 0001-bad"),
        ("nope", 5, "nope"),
        ("1-nope", 5, "nope"),
        ("after", 5, "no log yet"),
    ],
)
def test_logs_of_what_is_not_there(
    stuck: Job, run: Run, frame: str, status: int, says: str
) -> None:
    found = run("logs", NAME, frame)

    assert found[:2] == (status, "")
    assert says in found[2]


def test_logs_follows_a_frame_to_its_end(client: FarmBox, run: Run, tmp_path: Path) -> None:
    go = tmp_path / "go"
    script = f"echo first; while ! test -e {go}; do sleep 0.02; done; echo last"
    job = launch({"main": {"argv": sh(script)}})
    wait_until(lambda: now(job).runningFrames() == 1)
    timer = threading.Timer(0.3, go.touch)
    timer.start()

    status, out, _ = run("logs", "-f", NAME, "main")

    timer.join()
    assert status == 0
    assert out.index("first\n") < out.index("last\n")
    assert out.count("first\n") == 1


def test_logs_follows_a_frame_into_its_retry(client: FarmBox, run: Run, tmp_path: Path) -> None:
    once = tmp_path / "once"
    script = f"if test -e {once}; then echo second; else echo first; touch {once}; exit 1; fi"
    launch({"main": {"argv": sh(f"sleep 0.3; {script}; sleep 0.3"), "retries": 1}})

    status, out, _ = run("logs", "-f", NAME, "main")

    assert status == 0
    assert out.index("first\n") < out.index("second\n")
    assert out.count("first\n") == out.count("second\n") == 1


# -- retry, eat, kill, pause, resume -----------------------------------------------------------


def test_retry_runs_dead_frames_again(stuck: Job, run: Run) -> None:
    assert run("retry", NAME) == (0, f"retried 2 frames of {NAME}\n", "")

    wait_until(lambda: now(stuck).deadFrames() == 2)
    logs = list(Path(stuck.logDir()).glob("*-bad.rqlog*"))
    assert len(logs) == 4


def test_retry_of_named_frames_takes_them_in_any_state(stuck: Job, run: Run) -> None:
    assert (
        run("retry", NAME, "--layer", "good", "--frames", "1")[1] == f"retried 1 frame of {NAME}\n"
    )

    wait_until(lambda: now(stuck).succeededFrames() == 1)
    assert len(list(Path(stuck.logDir()).glob("*-good.rqlog*"))) == 2


def test_retry_with_more_memory_raises_the_layers_of_the_frames_only(stuck: Job, run: Run) -> None:
    before = {layer.name(): layer.minimumMemory() for layer in now(stuck).getLayers()}

    assert run("retry", NAME, "--layer", "bad", "--memory-mb", "200")[0] == 0

    after = {layer.name(): layer.minimumMemory() for layer in now(stuck).getLayers()}
    assert after == {**before, "bad": 200}


def test_retry_with_no_memory_at_all_is_refused(stuck: Job, run: Run) -> None:
    code, _, err = run("retry", NAME, "--memory-mb", "0")

    assert (code, "give MB, 1 or more" in err) == (2, True)


def test_eat_gives_up_on_dead_frames_and_lets_the_rest_go_on(stuck: Job, run: Run) -> None:
    assert run("eat", NAME, "--layer", "bad") == (0, f"ate 2 frames of {NAME}\n", "")

    wait_until(lambda: now(stuck).state() == opencue.api.job_pb2.FINISHED)
    assert now(stuck).eatenFrames() == 2
    assert json.loads(run("show", NAME, "--json")[1])["state"] == "finished"


def test_more_dead_frames_than_a_page_are_all_counted(client: FarmBox, run: Run) -> None:
    job = launch({"main": {**DIES, "argv": ["/bin/false"], "range": "1-510", "cores": 0.1}})
    wait_until(lambda: now(job).deadFrames() == 510)

    assert run("eat", NAME)[1] == f"ate 510 frames of {NAME}\n"

    assert now(job).eatenFrames() == 510


def test_kill_ends_a_job(sleeper: Job, run: Run) -> None:
    assert run("kill", NAME) == (0, f"killed {NAME}\n", "")

    wait_until(lambda: now(sleeper).runningFrames() == 0)
    assert json.loads(run("jobs", "--json")[1])[0]["state"] == "killed"


def test_kill_of_frames_ends_only_these(sleeper: Job, run: Run) -> None:
    assert run("kill", NAME, "--frames", "1") == (0, f"killing 1 frame of {NAME}\n", "")

    wait_until(lambda: now(sleeper).deadFrames() == 1)
    (dead,) = json.loads(run("show", NAME, "--json")[1])["dead_frames"]
    assert "killed by" in dead["reason"]
    status, _, err = run("kill", NAME, "--frames", "1")
    assert (status, err) == (1, f"cuelet: {NAME}: none of these frames is running\n")


def test_pause_and_resume(client: FarmBox, run: Run) -> None:
    job = launch({"main": {"argv": sh("sleep 600")}}, paused=True)

    resumed = run("resume", NAME)
    wait_until(lambda: now(job).runningFrames() == 1)
    paused = run("pause", NAME)

    assert resumed == (0, f"resumed {NAME}\n", "")
    assert paused == (0, f"paused {NAME}\n", "")
    assert now(job).isPaused()
    assert run("pause", NAME, "--frames", "1")[0] == 2


COMMANDS = ["show", "logs", "watch", "retry", "eat", "kill", "pause", "resume"]


def test_an_unknown_job_is_not_found_by_any_command(run: Run) -> None:
    for command in COMMANDS:
        status, out, err = run(command, "no-such-job", *(["main"] if command == "logs" else []))

        assert (command, status, out) == (command, 5, "")
        assert "no job 'no-such-job'" in err


@pytest.mark.parametrize("command", ["retry", "eat", "kill"])
def test_numbers_that_several_layers_have_are_refused_with_the_command_for_each(
    stuck: Job, run: Run, command: str
) -> None:
    before = run("show", NAME, "--json")[1]

    status, out, err = run(command, NAME, "--frames", "1")

    assert (status, out) == (2, "")
    assert f"3 layers of {NAME} have frames 1: bad, good, after; say which are meant" in err
    for layer in ("bad", "good", "after"):
        assert f"  cuelet {command} {NAME} --layer {layer} --frames 1\n" in err
    assert run("show", NAME, "--json")[1] == before, "nothing was done"


def test_numbers_of_one_layer_or_of_all_on_request_are_taken(stuck: Job, run: Run) -> None:
    assert run("eat", NAME, "--frames", "2")[:2] == (0, f"ate 1 frame of {NAME}\n")
    assert run("eat", NAME, "--layer", "bad", "--frames", "1")[0] == 0
    assert run("retry", NAME, "--frames", "1", "--yes")[0] == 0


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("", 1)])
def test_on_a_terminal_numbers_that_several_layers_have_are_asked_about(
    stuck: Job, client: FarmBox, answer: str, status: int
) -> None:
    ours, theirs = os.openpty()
    os.write(ours, f"{answer}\n".encode())

    done = client.cuelet("eat", NAME, "--frames", "1", stdin=theirs)

    os.close(theirs)
    os.close(ours)
    assert done.returncode == status
    assert "bad, good, after; eat them in all of these? [y/N]" in done.stderr
    assert now(stuck).eatenFrames() == (2 if answer else 0)


@pytest.mark.parametrize("command", ["retry", "eat", "kill"])
def test_an_empty_range_does_not_mean_all(stuck: Job, run: Run, command: str) -> None:
    status, _, _ = run(command, NAME, "--frames", "")

    assert status == 2
    assert now(stuck).deadFrames() == 2


@pytest.mark.parametrize("command", ["retry", "eat", "kill"])
def test_a_malformed_range_is_a_usage_error(stuck: Job, run: Run, command: str) -> None:
    status, out, err = run(command, NAME, "--frames", "5-")

    assert (status, out) == (2, "")
    assert "5-" in err


@pytest.mark.parametrize("command", ["retry", "eat"])
def test_frames_that_are_not_there_are_said_so(stuck: Job, run: Run, command: str) -> None:
    missing = run(command, NAME, "--frames", "77")
    layer = run(command, NAME, "--layer", "nope")
    none_dead = run(command, NAME, "--layer", "good")

    assert missing[0] == none_dead[0] == 1
    assert "no frame matches" in missing[2]
    assert "no dead frames there" in none_dead[2]
    assert layer[0] == 5


# -- servers -----------------------------------------------------------------------------------


def test_a_server_that_does_not_answer_is_unreachable(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOT_HOSTS", "127.0.0.1:1")
    opencue.Cuebot.closeChannel()

    for argv in (("jobs",), ("show", "x"), ("kill", "x"), ("watch", "x")):
        status, out, err = run(*argv)

        assert (status, out) == (3, "")
        assert "127.0.0.1:1" in err


def test_status_and_environment_of_the_farm(client: FarmBox, run: Run) -> None:
    info = client.info

    status = json.loads(run("farm", "status", "--json")[1])
    text = run("farm", "status")[1]
    again = json.loads(run("farm", "start", "--json")[1])

    assert status["running"] is True
    assert (
        (status["pid"], status["address"])
        == (info["pid"], info["address"])
        == (again["pid"], again["address"])
    )
    assert f"process {info['pid']}" in text
    assert run("env")[1] == f"export CUEBOT_HOSTS={info['address']}\n"
    assert json.loads(run("env", "--json")[1]) == {"CUEBOT_HOSTS": info["address"]}


# -- run and watch -----------------------------------------------------------------------------

SCRIPT = """
import sys
from outline import Outline
from outline.modules.shell import Shell

ol = Outline("from-script", frame_range="1-2")
ol.add_layer(Shell("main", command={command!r}, range="1-2", retries=0))
"""


def script(client: FarmBox, command: list[str], more: str = "") -> str:
    path = client.home / "script.py"
    path.write_text(SCRIPT.format(command=command) + more)
    return str(path)


def test_run_of_a_job_that_succeeds_ends_with_0(client: FarmBox, run: Run) -> None:
    status, out, _ = run("run", "--raw", script(client, ["/bin/true"]))

    assert status == 0
    assert "2 frames succeeded" in out


def test_run_of_a_job_with_dead_frames_ends_with_7_and_shows_them(
    client: FarmBox, run: Run
) -> None:
    status, out, err = run("run", "--raw", script(client, ["/bin/sh", "-c", "echo woe; exit 4"]))

    assert status == 7
    assert "0 frames succeeded, 2 dead" in out
    assert "exit 4" in out
    assert "woe" in out
    assert "it cannot go on: 2 frames are dead" in err


def test_run_in_json_prints_jobs_and_nothing_else(client: FarmBox, run: Run) -> None:
    status, out, _ = run("run", "--raw", "--json", "-q", script(client, ["/bin/true"]))

    (job,) = json.loads(out)
    assert status == 0
    assert (job["state"], job["succeeded"]) == ("finished", 2)


def test_run_detached_launches_and_leaves(client: FarmBox, run: Run) -> None:
    status, out, _ = run("run", "--raw", "--detach", script(client, ["/bin/sleep", "600"]))

    assert status == 0
    (job,) = opencue.api.getJobs()
    assert out == f"launched {job.name()}; watch it with cuelet watch {job.name()}\n"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("raise ValueError('broken')", "ValueError: broken"),
        ("sys.exit('not today')", "ended with not today"),
        ("del ol; sys.modules['outline.loader'].Outline.current = None; 1 / 0", "failed"),
        ("def (", "SyntaxError"),
    ],
)
def test_run_of_a_script_that_fails_ends_with_1_and_launches_nothing(
    client: FarmBox, run: Run, more: str, says: str
) -> None:
    status, out, err = run("run", "--raw", script(client, ["/bin/true"], more))

    assert (status, out) == (1, "")
    assert says in err
    assert opencue.api.getJobs(include_finished=True) == []


def test_run_of_no_script_is_not_found(run: Run) -> None:
    status, _, err = run("run", "/nowhere/script.py")

    assert (status, err) == (5, "cuelet: no script '/nowhere/script.py'\n")


def test_run_of_a_pipe_does_not_wait_for_a_writer(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    status, _, err = run("run", str(tmp_path / "pipe"))

    assert status == 5
    assert err.endswith("pipe' is a named pipe; name a script\n")


def test_watch_of_a_stuck_job_ends_with_7(stuck: Job, run: Run) -> None:
    status, out, err = run("watch", NAME)

    assert status == 7
    assert "1 frame succeeded, 2 dead" in out
    assert "1 wait in vain" in err


def test_watch_gives_up_after_its_timeout_with_124(sleeper: Job, run: Run) -> None:
    status, _, err = run("watch", "--timeout", "0.1", NAME)

    assert status == 124
    assert f"{NAME} still runs after 0.1 s" in err


def test_ctrl_c_during_watch_ends_with_130_and_says_how_to_come_back(
    sleeper: Job, client: FarmBox
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "cuelet", "watch", NAME],
        env=client.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watch:
        assert watch.stderr
        first = watch.stderr.readline()

        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=60)

    assert "0/3 done, 2 running" in first
    assert (watch.returncode, out) == (130, "")
    assert err.splitlines()[-1] == f"cuelet: {NAME} runs on; come back with cuelet watch {NAME}"
    assert "Traceback" not in err
    assert now(sleeper).runningFrames() == 2


def test_output_into_a_closed_pipe_is_no_error(stuck: Job, client: FarmBox) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "cuelet", "logs", NAME, "good"],
        env=client.env,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )

    os.close(writer)
    assert "Traceback" not in done.stderr

"""The farm as a whole: real processes, real SQLite, real gRPC."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import opencue
from opencue.api import job_pb2
from tests.conftest import FarmBox, wait_until
from tests.specs import job_spec, sh


def launch(spec: str) -> opencue.wrappers.job.Job:
    (job,) = opencue.api.launchSpecAndWait(spec)
    return job


def settled(job_id: str) -> opencue.wrappers.job.Job:
    """Wait until a job has ended or cannot go on."""

    def over() -> opencue.wrappers.job.Job | None:
        stuck = opencue.farm.call("GetStuck", job_id=job_id)["stuck"]
        job = opencue.api.getJob(job_id)
        return job if job.state() == job_pb2.FINISHED or stuck else None

    return wait_until(over)


def test_frames_wait_for_their_counterparts_and_each_runs_once(
    client: FarmBox, tmp_path: Path
) -> None:
    log = tmp_path / "order"
    note = sh(f"echo $CUE_FRAME >> {log}")
    spec = job_spec(
        {"render": {"argv": note, "range": "1-6"}, "comp": {"argv": note, "range": "1-6"}},
        [{"layer": "comp", "on": "render", "type": "FRAME_BY_FRAME"}],
    )

    job = settled(launch(spec).id())

    order = log.read_text().split()
    assert sorted(order) == sorted(
        f"{n:04d}-{layer}" for n in range(1, 7) for layer in ("render", "comp")
    )
    assert all(order.index(f"{n:04d}-render") < order.index(f"{n:04d}-comp") for n in range(1, 7))
    assert job.succeededFrames() == 12


def test_every_frame_of_a_chunk_runs_when_the_command_asks_per_frame(
    client: FarmBox, tmp_path: Path
) -> None:
    log = tmp_path / "ran"
    argv = sh(f"echo #IFRAME# $CUE_IFRAME #FRAMESPEC# >> {log}")

    settled(
        launch(
            job_spec({"render": {"argv": argv, "range": "1-7", "chunk": 3, "each": "frame"}})
        ).id()
    )

    ran = sorted(log.read_text().splitlines())
    assert ran == ["1 1 1-3", "2 2 1-3", "3 3 1-3", "4 4 4-6", "5 5 4-6", "6 6 4-6", "7 7 7"]


def test_a_failing_frame_is_retried_then_dies_and_only_finish_edges_go_on(
    client: FarmBox, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    spec = job_spec(
        {
            "main": {"argv": sh(f"echo x >> {tries}; echo oh no; exit 3"), "retries": 3},
            "verify": {"argv": ["/bin/true"]},
            "cleanup": {"argv": ["/bin/true"]},
        },
        [
            {"layer": "verify", "on": "main"},
            {"layer": "cleanup", "on": "main", "type": "LAYER_ON_LAYER", "outcome": "finished"},
        ],
    )

    job = settled(launch(spec).id())

    frames = {frame.data.layer_name: frame for frame in job.getFrames()}
    assert len(tries.read_text().split()) == 4
    assert frames["main"].state() == job_pb2.DEAD
    assert frames["main"].exitStatus() == 3
    assert frames["main"].retries() == 3
    assert frames["verify"].state() == job_pb2.DEPEND
    assert frames["cleanup"].state() == job_pb2.SUCCEEDED
    log = Path(job.logDir()) / f"{job.name()}.0001-main.rqlog"
    assert "oh no" in log.read_text()
    assert len(list(log.parent.glob("*0001-main.rqlog*"))) == 4


def test_retrying_a_dead_frame_lets_what_waits_for_it_run(client: FarmBox, tmp_path: Path) -> None:
    flag = tmp_path / "fixed"
    spec = job_spec(
        {"main": {"argv": sh(f"test -e {flag}"), "retries": 0}, "verify": {"argv": ["/bin/true"]}},
        [{"layer": "verify", "on": "main"}],
    )
    job = settled(launch(spec).id())
    assert job.deadFrames() == 1

    flag.touch()
    job.retryFrames(state=[job_pb2.DEAD])

    wait_until(lambda: opencue.api.getJob(job.id()).state() == job_pb2.FINISHED)


def test_kill_ends_a_job_and_its_processes(client: FarmBox) -> None:
    spec = job_spec({"main": {"argv": sh("trap '' TERM; sleep 600 & sleep 600"), "range": "1-4"}})
    job = launch(spec)
    wait_until(lambda: opencue.api.getJob(job.id()).runningFrames() == 2)

    job.kill(username="me", pid="1", host_kill="here", reason="test")

    job = settled(job.id())
    wait_until(lambda: opencue.api.getJob(job.id()).runningFrames() == 0)
    marker = f"CUE_JOB_ID={job.id()}".encode()
    assert not [p for p in Path("/proc").glob("[0-9]*/environ") if marker in _environ(p)]


def _environ(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_paused_job_starts_nothing_until_it_is_resumed(client: FarmBox) -> None:
    job = launch(job_spec({"main": {"argv": ["/bin/true"]}}, paused=True))
    assert opencue.api.getJob(job.id()).isPaused()
    assert opencue.api.getJob(job.id()).waitingFrames() == 1

    job.resume()

    settled(job.id())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda spec: spec.replace("<range>1-3</range>", "<range>3-</range>"), "range"),
        (lambda spec: spec.replace("<chunk>1</chunk>", "<chunk>0</chunk>"), "chunk"),
        (lambda spec: spec.replace("two", "one"), "twice"),
        (lambda spec: spec.replace('"on": "one"', '"on": "none"'), "none"),
        (lambda spec: spec.replace("64", "NaN"), "memory_mb"),
        (lambda spec: spec.replace("<show>show</show>", "<show>../x</show>"), "show"),
        (lambda spec: spec[:-9], "XML"),
        (
            lambda spec: spec.replace("<spec>", "<!DOCTYPE x [<!ENTITY a 'b'>]><spec>").replace(
                "<!DOCTYPE spec SYSTEM 'http://localhost:8080/spcue/dtd/cjsl-1.15.dtd'>", ""
            ),
            "XML",
        ),
    ],
)
def test_a_senseless_spec_is_refused_whole_with_the_reason(client: FarmBox, change, says) -> None:
    spec = job_spec(
        {"one": {"argv": ["true"], "range": "1-3"}, "two": {"argv": ["true"]}},
        [{"layer": "two", "on": "one"}],
    )

    with pytest.raises(opencue.CueException, match=says):
        opencue.api.launchSpecAndWait(change(spec))

    assert opencue.api.getJobs(include_finished=True) == []


def test_a_circle_of_depends_is_refused_and_spelled_out(client: FarmBox) -> None:
    layers = {name: {"argv": ["true"]} for name in ("aaa", "bbb", "ccc")}
    depends = [{"layer": a, "on": b} for a, b in (("aaa", "bbb"), ("bbb", "ccc"), ("ccc", "aaa"))]

    with pytest.raises(opencue.CueException, match="aaa -> bbb -> ccc -> aaa"):
        opencue.api.launchSpecAndWait(job_spec(layers, depends))


def test_a_second_pending_job_of_a_name_is_refused(client: FarmBox) -> None:
    spec = job_spec({"main": {"argv": ["/bin/true"]}}, paused=True)
    job = launch(spec)

    with pytest.raises(opencue.exception.EntityAlreadyExistsException, match=job.name()):
        launch(spec)


def test_jobs_are_found_by_every_spelling_while_pending_and_after(client: FarmBox) -> None:
    job = launch(job_spec({"main-layer": {"argv": ["/bin/true"]}}, name="My-Job--v001"))
    settled(job.id())

    for name in (
        "My-Job--v001",
        "my_job__v001",
        "show-shot-user_my_job__v001",
        "show-shot-user_My-Job--v001",
    ):
        assert opencue.api.findJob(name).id() == job.id()
    assert opencue.api.findLayer("My-Job--v001", "main-layer").name() == "main_layer"


def test_figures_are_measured_on_the_whole_process_tree(client: FarmBox) -> None:
    burn = (
        "import subprocess,sys,time\n"
        "if len(sys.argv) < 2: subprocess.run([sys.executable, __file__, 'x'])\n"
        "else:\n"
        "    hold = bytearray(80 * 1024 * 1024)\n"
        "    until = time.process_time() + 0.5\n"
        "    while time.process_time() < until: pass\n"
    )
    script = client.home / "burn.py"
    script.write_text(burn)
    job = launch(job_spec({"main": {"argv": [sys.executable, str(script)]}}))

    (frame,) = settled(job.id()).getFrames()

    assert frame.usedCores() * (frame.runTime() + 1.0) > 0.4
    assert frame.usedCores() <= 2.0
    assert 80 < frame.usedMemory() < 400


def test_the_farm_starts_once_and_refuses_a_second_on_its_folder(farm: FarmBox) -> None:
    pid = farm.info["pid"]

    again = farm.cuelet("farm", "start")
    second = farm.python("-m", "cuelet.server", "--state-dir", str(farm.state_dir), timeout=10)

    assert again.returncode == 0
    assert farm.info["pid"] == pid
    assert second.returncode == 3
    assert str(pid) in second.stderr


def test_status_of_the_farm_as_json(farm: FarmBox, box: FarmBox) -> None:
    status = farm.json("farm", "status")
    assert {"pid", "address", "state_dir", "version"} <= set(status)
    assert status["running"] is True

    farm.cuelet("farm", "stop")

    done = farm.cuelet("farm", "status", "--json")
    assert json.loads(done.stdout)["running"] is False
    assert done.returncode == 3


def test_other_users_are_refused(farm: FarmBox, tmp_path: Path) -> None:
    import os

    if os.getuid() != 0:
        pytest.skip("only root can become another user to try")
    probe = (
        "import os, sys; sys.path[:0] = sys.argv[2:]; import grpc\n"
        "channel = grpc.insecure_channel(sys.argv[1])\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "call = channel.unary_unary('/cuelet.Farm/Info')\n"
        "try: call(b'{}', timeout=5); print('served')\n"
        "except grpc.RpcError as error: print(error.code().name)\n"
    )
    command = [sys.executable, "-c", probe]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

    tcp = subprocess.run(
        [*command, farm.info["address"], *sys.path], capture_output=True, text=True, env=env
    )
    unix = subprocess.run(
        [*command, f"unix:{farm.info['socket']}", *sys.path],
        capture_output=True,
        text=True,
        env=env,
    )

    assert tcp.stdout.strip() == "PERMISSION_DENIED", tcp.stderr
    assert unix.stdout.strip() in ("UNAVAILABLE", "PERMISSION_DENIED"), unix.stderr


def test_nothing_of_the_farm_can_be_read_by_others(client: FarmBox) -> None:
    settled(launch(job_spec({"main": {"argv": ["/bin/true"]}})).id())

    for path in [client.state_dir, *client.state_dir.rglob("*")]:
        assert path.lstat().st_mode & 0o077 == 0 or path.is_symlink(), path


def _after(spec: str, job: str, on: str) -> str:
    depend = f"<depend type='JOB_ON_JOB'><depjob>{job}</depjob><onjob>{on}</onjob></depend>"
    return spec.replace("</job><cuelet>", f"</job><depends>{depend}</depends><cuelet>")


def test_a_job_waits_for_another_job_and_can_be_released(client: FarmBox, tmp_path: Path) -> None:
    log = tmp_path / "order"
    first = launch(job_spec({"one": {"argv": sh(f"sleep 0.3; echo first >> {log}")}}, name="first"))
    spec = job_spec({"two": {"argv": sh(f"echo second >> {log}")}}, name="second")

    second = launch(_after(spec, "second", "first"))

    (depend,) = second.getWhatThisDependsOn()
    assert depend.dependOnJob() == first.name()
    settled(second.id())
    assert log.read_text().split() == ["first", "second"]

    killed = launch(job_spec({"one": {"argv": ["/bin/true"]}}, name="killed", paused=True))
    held = launch(_after(job_spec({"two": {"argv": ["/bin/true"]}}, name="held"), "held", "killed"))
    killed.kill(reason="test")
    wait_until(lambda: "killed" in opencue.farm.call("GetStuck", job_id=held.id())["reason"])
    for depend in held.getWhatThisDependsOn():
        depend.satisfy()
    wait_until(lambda: opencue.api.getJob(held.id()).state() == job_pb2.FINISHED)


def test_a_job_cannot_wait_for_one_that_nobody_knows(client: FarmBox) -> None:
    spec = _after(job_spec({"two": {"argv": ["true"]}}, name="second"), "second", "nobody")

    with pytest.raises(opencue.CueException, match="show-shot-user_nobody"):
        launch(spec)


def test_post_layers_run_when_all_the_others_are_done(client: FarmBox, tmp_path: Path) -> None:
    log = tmp_path / "order"
    note = sh(f"sleep 0.1; echo $CUE_LAYER >> {log}")
    spec = job_spec(
        {"post": {"argv": note}, "one": {"argv": note, "range": "1-3"}, "two": {"argv": note}}
    )
    spec = spec.replace("name=\"post\" type='Render'", "name=\"post\" type='Post'")

    settled(launch(spec).id())

    assert sorted(log.read_text().split()[:4]) == ["one", "one", "one", "two"]
    assert log.read_text().split()[4:] == ["post"]


def test_watching_a_job_that_is_killed_does_not_end_well(farm: FarmBox) -> None:
    script = farm.home / "job.py"
    script.write_text(
        "from outline import Outline, cuerun\nfrom outline.modules.shell import Shell\n"
        "ol = Outline('killed-job')\nol.add_layer(Shell('main', command=['true']))\n"
        "cuerun.launch(ol, pause=True)\n"
    )
    assert farm.cuelet("run", "--detach", str(script)).returncode == 0
    assert farm.cuelet("kill", "killed-job").returncode == 0

    watched = farm.cuelet("watch", "killed-job")

    assert watched.returncode == 7
    assert "killed after" in watched.stdout
    again = farm.cuelet("pause", "killed-job")
    assert again.returncode == 1
    assert "has ended" in again.stderr


def test_watching_a_job_that_waits_for_a_killed_one_ends_and_says_why(client: FarmBox) -> None:
    first = launch(job_spec({"one": {"argv": ["/bin/true"]}}, name="first", paused=True))
    second = launch(
        _after(job_spec({"two": {"argv": ["/bin/true"]}}, name="second"), "second", "first")
    )
    first.kill(reason="test")

    watched = client.cuelet("watch", second.name())

    assert watched.returncode == 7
    assert "drop-depends" in watched.stderr
    assert "waits for job" in client.cuelet("show", second.name()).stdout
    assert first.name() in client.cueadmin("-lji", second.name()).stdout

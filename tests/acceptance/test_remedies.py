"""Every remedy of every reason, pasted into a shell: the command is taken, and does what is said."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cuelet.core.explain
from tests.conftest import FarmBox, wait_until

EXPLAIN = Path(cuelet.core.explain.__file__).parent
SHELL = (
    'for name in cuelet cueadmin; do eval "$name() { $PYTHON -m $name \\"\\$@\\"; }"; done; '
    'python() { $PYTHON "$@"; }; '
)

RUN = {"paused", "locked", "host state", "start after", "tags", "services", "gpus", "limit", "dead", "eaten",
       "depend", "job", "cores", "finished", "disk", "show", "share"}  # fmt: skip
"""Codes of which a remedy is executed below."""
SAME = {"memory": "as for cores"}
"""Codes whose remedy is made by the same function as another's."""
NONE = {
    "next": "nothing holds it",
    "look": "nothing holds it",
    "running": "it runs",
    "over memory": "it runs",
    "memory raised": "it runs again by itself",
    "succeeded": "it is done",
    "max cores": "the job's own frames run and will end",
    "max gpus": "the job's own frames run and will end",
    "turn": "another frame has its turn and will end",
}
"""Codes without a remedy, and why."""

SCRIPT = """
import outline, outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline({name!r}, show="show", shot="shot", user="user")
for name, command, arguments in {layers!r}:
    job.add_layer(Shell(name, command=["sh", "-c", command], **dict(range="1", retries=0) | arguments))
outline.cuerun.launch(job, use_pycuerun=False, **{flags!r})
"""


def launch(farm: FarmBox, name: str, *layers: tuple[str, str, dict[str, Any]], **flags: Any) -> str:
    """Launch a job and return its full name."""
    path = farm.home / f"{name}.py"
    path.write_text(SCRIPT.format(name=name, layers=layers, flags=flags))
    done = farm.python(str(path))
    assert done.returncode == 0, done.stderr
    return f"show-shot-user_{name}"


def state(farm: FarmBox, job: str) -> str:
    return str(farm.json("show", job)["state"])


def remedy(farm: FarmBox, code: str, *asked: str) -> str:
    """Return the remedy of the one reason of a code, once it has one."""

    def found() -> str:
        groups = farm.json("why", *asked)["frames"]
        reasons = [reason for group in groups for reason in group["reasons"]]
        return next((each["remedy"] for each in reasons if each["code"] == code), "")

    return str(wait_until(found))


def paste(farm: FarmBox, command: str) -> None:
    """Run a command as somebody would who pastes it and confirms."""
    done = subprocess.run(
        ["sh", "-c", SHELL + command],
        env={**farm.env, "PYTHON": sys.executable},
        cwd=farm.home,
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_every_reason_there_is_has_its_remedy_tried_or_none() -> None:
    texts = "".join(path.read_text() for path in EXPLAIN.glob("*.py"))
    codes = set(re.findall(r'Reason\(\s*"([a-z ]+)"', texts))

    assert codes == RUN | set(SAME) | set(NONE)


def test_a_paused_job_is_resumed(farm: FarmBox) -> None:
    job = launch(farm, "held", ("main", "true", {}), pause=True)

    paste(farm, remedy(farm, "paused", job))

    wait_until(lambda: state(farm, job) == "finished")


def test_a_locked_machine_is_unlocked(farm: FarmBox) -> None:
    name = farm.cueadmin("-lh").stdout.splitlines()[1].split()[0]
    assert farm.cueadmin("-lock", "-host", name, "-force").returncode == 0
    job = launch(farm, "held", ("main", "true", {}))

    paste(farm, remedy(farm, "locked", job))

    wait_until(lambda: state(farm, job) == "finished")


def test_a_machine_under_repair_is_put_back_to_work(farm: FarmBox) -> None:
    name = farm.cueadmin("-lh").stdout.splitlines()[1].split()[0]
    assert farm.cueadmin("-repair", "-host", name, "-force").returncode == 0
    assert "set to REPAIR, nothing starts" in farm.cuelet("farm", "status").stdout
    job = launch(farm, "broken", ("main", "true", {}))

    paste(farm, remedy(farm, "host state", job))

    wait_until(lambda: state(farm, job) == "finished")


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("start after", {"start_after": "1h"}),
        ("tags", {"tags": "cloud"}),
        ("services", {"service": "maya"}),
        ("gpus", {"gpus": 2}),
        ("limit", {"limits": ["nuke"]}),
    ],
)
def test_what_holds_a_layer_is_taken_away(farm: FarmBox, code: str, asks: dict[str, Any]) -> None:
    farm.cuelet("farm", "start", "--services", "shell")
    farm.cuelet("limits", "set", "nuke", "0")
    job = launch(farm, "held", ("main", "true", asks))

    paste(farm, remedy(farm, code, job))

    wait_until(lambda: state(farm, job) == "finished")


def test_a_closed_show_is_opened(farm: FarmBox) -> None:
    assert farm.cueadmin("-create-show", "show", "-force").returncode == 0
    for switch in ("-booking", "-dispatching"):
        assert farm.cueadmin(switch, "show", "off", "-force").returncode == 0
    job = launch(farm, "held", ("main", "true", {}))

    paste(farm, remedy(farm, "show", job))

    wait_until(lambda: state(farm, job) == "finished")


def test_a_show_is_subscribed_again(farm: FarmBox) -> None:
    assert farm.cueadmin("-create-show", "show", "-force").returncode == 0
    assert farm.cueadmin("-delete-sub", "show", "local.general", "-force").returncode == 0
    job = launch(farm, "held", ("main", "true", {}))

    paste(farm, remedy(farm, "share", job))

    wait_until(lambda: state(farm, job) == "finished")


def test_a_burst_is_raised(farm: FarmBox) -> None:
    assert farm.cueadmin("-create-show", "show", "-force").returncode == 0
    assert farm.cueadmin("-burst", "show", "local.general", "50").returncode == 0
    job = launch(farm, "held", ("main", "true", {}))

    paste(farm, remedy(farm, "share", job))

    wait_until(lambda: state(farm, job) == "finished")


GROUPED = """
from opencue import api
job = api.findJob({job!r})
group = api.findShow("show").getRootGroup().createSubGroup("it's hero")
group.setMaxCores(1)
group.reparentJobs([job])
job.resume()
"""


def test_the_limit_of_a_group_is_taken_away(farm: FarmBox) -> None:
    job = launch(farm, "held", ("main", "true", {"cores": 2}), pause=True)
    assert farm.python("-c", GROUPED.format(job=job)).returncode == 0

    paste(farm, remedy(farm, "share", job))

    wait_until(lambda: state(farm, job) == "finished")


def test_all_dead_frames_run_again(farm: FarmBox) -> None:
    mended = farm.home / "mended"
    job = launch(farm, "broken", ("main", f"test -e {mended}", {"range": "-2-3"}))
    wait_until(lambda: state(farm, job) == "stuck")
    mended.touch()

    paste(farm, remedy(farm, "dead", job))

    wait_until(lambda: state(farm, job) == "finished")
    assert farm.json("show", job)["succeeded"] == 6


def test_a_frame_that_died_of_memory_gets_more(farm: FarmBox) -> None:
    mended = farm.home / "mended"
    job = launch(farm, "large", ("main", f"test -e {mended} || exit 33", {"memory": 64}))
    wait_until(lambda: state(farm, job) == "stuck")
    mended.touch()
    before = farm.json("show", job)["layers"][0]["memory_mb"]

    command = remedy(farm, "dead", job)
    paste(farm, command)

    wait_until(lambda: state(farm, job) == "finished")
    if "--memory-mb" in command:  # unless the tries before took all there is
        assert farm.json("show", job)["layers"][0]["memory_mb"] > before


def test_an_eaten_frame_runs_again(farm: FarmBox) -> None:
    mended = farm.home / "mended"
    job = launch(farm, "eaten", ("main", f"test -e {mended}", {}))
    wait_until(lambda: state(farm, job) == "stuck")
    assert farm.cuelet("eat", job).returncode == 0
    mended.touch()

    paste(farm, remedy(farm, "eaten", job, "main", "1"))

    wait_until(lambda: farm.json("show", job)["succeeded"] == 1)


def test_what_waits_in_vain_goes_on_once_every_dead_frame_has_run_again(farm: FarmBox) -> None:
    mended = farm.home / "mended"
    layers = (
        ("first", f"test -e {mended}", {"range": "1-5"}),
        ("other", f"test -e {mended}", {}),
        ("middle", "true", {"range": "1-5", "require": "first"}),
        ("last", "true", {"require": ["middle:all", "other:all"]}),
    )
    job = launch(farm, "chain", *layers)
    wait_until(lambda: state(farm, job) == "stuck")
    mended.touch()

    paste(farm, remedy(farm, "depend", job, "middle"))
    wait_until(lambda: farm.json("show", job)["succeeded"] == 10)
    paste(farm, remedy(farm, "depend", job, "last"))

    wait_until(lambda: state(farm, job) == "finished")


BEHIND = """
import outline, outline.cuerun, opencue
from outline.modules.shell import Shell

job = outline.Outline("behind", show="show", shot="shot", user="user")
job.add_layer(Shell("main", command=["true"], range="1-2"))
(launched,) = outline.cuerun.launch(job, use_pycuerun=False, pause=True)
on = opencue.api.findJob("show-shot-user_first")
{depend}
launched.resume()
"""
WHOLE = "launched.createDependencyOnJob(on)"
LAYER = 'launched.getLayer("main").createDependencyOnJob(on)'


def launch_behind(farm: FarmBox, depend: str) -> str:
    """Launch a job that waits for the job ``first``, and return its name."""
    path = farm.home / "behind.py"
    path.write_text(BEHIND.format(depend=depend))
    done = farm.python(str(path))
    assert done.returncode == 0, done.stderr
    return "show-shot-user_behind"


@pytest.mark.parametrize(("code", "depend"), [("job", WHOLE), ("depend", LAYER)])
def test_what_waits_for_a_killed_job_is_let_go(farm: FarmBox, code: str, depend: str) -> None:
    first = launch(farm, "first", ("main", "sleep 600", {}))
    job = launch_behind(farm, depend)
    (group,) = farm.json("why", job)["frames"]
    assert [reason["remedy"] for reason in group["reasons"]] == [""], "what runs is waited for"
    farm.cuelet("kill", first)

    command = remedy(farm, code, job)
    paste(farm, command)

    assert command.startswith("cuelet drop-depends")
    wait_until(lambda: state(farm, job) == "finished")


@pytest.mark.parametrize(("code", "depend"), [("job", WHOLE), ("depend", LAYER)])
def test_what_waits_for_dead_frames_of_another_job_has_them_run_again(
    farm: FarmBox, code: str, depend: str
) -> None:
    mended = farm.home / "mended"
    first = launch(farm, "first", ("main", f"test -e {mended}", {"range": "1-3"}))
    job = launch_behind(farm, depend)
    wait_until(lambda: state(farm, first) == "stuck")
    mended.touch()

    paste(farm, remedy(farm, code, job))

    wait_until(lambda: state(farm, job) == "finished")
    assert state(farm, first) == "finished"


def test_a_killed_job_goes_on(farm: FarmBox) -> None:
    mended = farm.home / "mended"
    command = f"test -e {mended} || sleep 600"
    job = launch(farm, "killed", ("main", command, {"range": "1-5"}))
    wait_until(lambda: farm.json("show", job)["running"])
    farm.cuelet("kill", job)
    wait_until(lambda: farm.json("show", job)["dead"])
    mended.touch()

    paste(farm, remedy(farm, "finished", job))

    wait_until(lambda: state(farm, job) == "finished")
    assert farm.json("show", job)["succeeded"] == 5


def test_a_job_gets_ahead_of_others_that_wait(farm: FarmBox) -> None:
    go = farm.home / "go"
    command = f"while ! test -e {go}; do sleep 0.05; done"
    first = launch(farm, "first", ("main", command, {"range": "1-9", "cores": 2}))
    job = launch(farm, "second", ("main", command, {"cores": 2}))

    paste(farm, remedy(farm, "cores", job))
    assert farm.json("show", job)["priority"] > farm.json("show", first)["priority"]

    go.touch()
    wait_until(lambda: state(farm, job) == "finished")
    wait_until(lambda: state(farm, first) == "finished")


@pytest.mark.parametrize(
    "command", ["cuelet farm prune --older-than 30d --logs", "cuelet sessions clean"]
)
def test_what_makes_room_on_a_disk_is_taken_and_shows_first_what_it_would_remove(
    farm: FarmBox, command: str
) -> None:
    job = launch(farm, "done", ("main", "true", {}))
    wait_until(lambda: state(farm, job) == "finished")

    paste(farm, f"{command} --dry-run")
    paste(farm, command)

    assert state(farm, job) == "finished", "a job of today is kept"

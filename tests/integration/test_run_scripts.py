"""``cuelet run`` of scripts that run jobs in its own process, that fail behind a launch, and of classic outline scripts."""

from __future__ import annotations

import json

import pytest

from tests.conftest import FarmBox

JOB = """
import sys
import outline
from outline.modules.shell import Shell

def launched(name, command="true", **flags):
    job = outline.Outline(name, show="demo", shot="sh010", user="kim")
    job.add_layer(Shell("work", command=[command], range="1", retries=0))
    return outline.cuerun.launch(job, use_pycuerun=False, **flags)

"""
MIXED = (
    JOB
    + """
launched("first-here", backend="local")
launched("on-farm")
launched("second-here", sys.argv[1], backend="local")
"""
)
CLASSIC = """
from outline.modules.shell import Shell

def numbers():
    return "1-2"

Shell("prep", command=["/bin/true"], range=numbers())
Shell("render", command=["/bin/true"], range="1-2", require=["prep:all"])
"""
GIVEN = """
assert os.sep and json.dumps([]) and isinstance(outline.current_outline(), Outline)
outline.current_outline().set_frame_range("1")
"""


def write(box: FarmBox, text: str, name: str = "job.py") -> str:
    """Write a script and return its path."""
    path = box.home / name
    path.write_text(text)
    return str(path)


def names(document: str) -> list[str]:
    """Return the names of the jobs that --json printed."""
    return [each["name"] for each in json.loads(document)]


@pytest.mark.parametrize(("command", "status"), [("true", 0), ("false", 7)])
def test_a_script_that_runs_its_job_here_ends_as_that_job(
    box: FarmBox, command: str, status: int
) -> None:
    script = write(box, JOB + f"launched('here', {command!r}, backend='local')")

    done = box.cuelet("run", script)

    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith(f"demo-sh010-kim_here: {1 - status // 7} of 1 frames succeeded")
    assert not (box.state_dir / "farm.json").exists()


def test_the_configured_backend_is_where_the_job_ran(box: FarmBox) -> None:
    config = box.home / "outline.cfg"
    config.write_text("[outline]\nbackend = local\n")
    box.env["OUTLINE_CONFIG_FILE"] = str(config)
    launches = write(box, JOB + "launched('here')")
    keeps = write(box, JOB.replace("return", "return job #") + "kept = launched('kept')", "kept.py")

    done = box.cuelet("run", "-T", "1", launches), box.cuelet("run", "--raw", keeps)

    assert [each.returncode for each in done] == [0, 0]
    assert not (box.state_dir / "farm.json").exists()


def test_jobs_here_and_on_the_farm_count_together(farm: FarmBox) -> None:
    script = write(farm, MIXED)

    good = farm.cuelet("run", "--json", "-q", script, "true")
    bad = farm.cuelet("run", "--json", "-q", script, "false")

    assert (good.returncode, bad.returncode) == (0, 7)
    assert names(good.stdout) == [
        f"demo-sh010-kim_{name}" for name in ("first_here", "second_here", "on_farm")
    ]
    assert [each["dead"] for each in json.loads(bad.stdout)] == [0, 1, 0]


def test_local_runs_everything_here_whatever_a_launch_says(box: FarmBox) -> None:
    script = write(box, JOB + "launched('elsewhere', backend='cue')")

    done = box.cuelet("run", "--local", "--timeout", "1", script)

    assert done.returncode == 0
    assert done.stderr == "note: --timeout has no effect: the job ran in this process, to its end\n"
    assert not (box.state_dir / "farm.json").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [("sys.exit(3)", "ended with 3"), ("1 / 0", "failed: ZeroDivisionError: division by zero")],
)
def test_a_script_that_fails_behind_a_launch_names_what_it_launched(
    farm: FarmBox, more: str, says: str
) -> None:
    script = write(farm, JOB + f"launched('early')\n{more}\n")

    done = farm.cuelet("run", script)

    assert done.returncode == 1
    *_, note, line = done.stderr.splitlines()
    name = "demo-sh010-kim_early"
    assert note == f"note: {name} had been launched by then; see cuelet show {name}"
    assert line == f"cuelet: {script} {says}"


def test_a_script_that_exits_because_of_dead_frames_here_ends_with_7(box: FarmBox) -> None:
    text = "(job,) = launched('here', 'false', backend='local')\nsys.exit(not job.is_success())"

    done = box.cuelet("run", write(box, JOB + text))

    assert done.returncode == 7
    assert "demo-sh010-kim_here: 0 of 1 frames succeeded, 1 dead" in done.stderr


@pytest.mark.parametrize("name", ["classic.outline", "classic.py"])
def test_a_script_that_only_makes_layers_is_run_and_planned(farm: FarmBox, name: str) -> None:
    script = write(farm, CLASSIC, name)

    ran = farm.cuelet("run", "--json", "-q", script)
    planned = farm.cuelet("plan", "--json", script)

    (job,), (plan,) = json.loads(ran.stdout), json.loads(planned.stdout)["plans"]
    assert (ran.returncode, job["frames"], job["succeeded"]) == (0, 4, 4)
    assert (plan["name"], [each["name"] for each in plan["layers"]]) == (
        "classic",
        ["prep", "render"],
    )


@pytest.mark.parametrize(
    "command", [("-m", "cuelet", "plan", "--json"), ("-m", "outline.pycuerun", "-i")]
)
def test_a_classic_script_finds_names_it_did_not_import(
    box: FarmBox, command: tuple[str, ...]
) -> None:
    done = box.python(*command, write(box, GIVEN + CLASSIC, "classic.outline"))

    assert done.returncode == 0, done.stderr
    assert "render" in done.stdout


@pytest.mark.parametrize("command", [("-m", "cuelet", "run", "-q"), ("-m", "outline.pycuerun")])
def test_a_classic_script_that_launches_itself_is_launched_once(
    farm: FarmBox, command: tuple[str, ...]
) -> None:
    text = CLASSIC + "import outline.cuerun\noutline.cuerun.launch(outline.current_outline())"

    done = farm.python(*command, write(farm, text, "classic.outline"))

    assert done.returncode == 0, done.stderr
    assert len(farm.json("jobs", "--all")) == 1


def test_flags_behind_the_script_are_pointed_out(box: FarmBox) -> None:
    text = JOB + "launched('here', backend='local')\nprint(sys.argv[1:])"

    done = box.cuelet("run", write(box, text), "--timeout", "40")
    meant = box.cuelet("run", write(box, text), "--", "--timeout", "40")

    assert done.stdout.startswith("['--timeout', '40']\n")
    assert done.stdout.splitlines()[0] == meant.stdout.splitlines()[0]
    assert done.stderr == (
        "note: --timeout behind the script is given to the script; "
        "write it before the script where the command is to have it, or -- behind the script\n"
    )
    assert meant.stderr == ""


@pytest.mark.parametrize("command", ["run", "plan"])
def test_scripts_that_cannot_be_read_say_why(box: FarmBox, command: str) -> None:
    folder = box.home / "folder"
    folder.mkdir()

    for place, says in (
        ("nowhere.py", "no script 'nowhere.py'"),
        ("folder", "'folder' is a directory"),
    ):
        done = box.cuelet(command, place)

        assert done.returncode == 5
        assert done.stderr.startswith(f"cuelet: {says}")
        assert len(done.stderr.splitlines()) == 1

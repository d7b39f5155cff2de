"""All commands under all conditions a user can bring about: a line on stderr, the exit status of the table, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import FarmBox, wait_until

SCRIPT = """
from outline import Outline
from outline.modules.shell import Shell
job = Outline("small-job", show="demo", shot="sh010", user="kim")
job.add_layer(Shell("work", command=["true"], range="1"))
"""
CLASSIC = """
from outline.modules.shell import Shell
Shell("work", command=["true"], range="1")
"""
SLOW = """
import os, time
open(os.environ["BEGUN"], "w").close()
time.sleep(600)
"""
PROGRAM = "import sys; from cuelet.programs import {0}; sys.exit({0}())"
LIMITED = "import os, resource, sys; resource.setrlimit(resource.{0}, ({1}, {1})); os.execv(sys.argv[1], sys.argv[1:])"

READING = (
    ("cuelet", "jobs"),
    ("cuelet", "jobs", "--json"),
    ("cuelet", "show", "small-job"),
    ("cuelet", "logs", "small-job", "work"),
    ("cuelet", "why", "small-job"),
    ("cuelet", "watch", "small-job"),
    ("cuelet", "limits", "list"),
    ("cuelet", "farm", "status"),
    ("cuelet", "env"),
    ("cueadmin", "-lh"),
)
"""Commands that ask a farm and print what it says."""
ALONE = (
    ("cuelet", "plan", "--offline", "job.py"),
    ("cuelet", "plan", "--offline", "--json", "job.py"),
    ("cuelet", "plan", "--offline", "--svg", "-", "job.py"),
    ("cuelet", "run", "--local", "job.py"),
    ("cuelet", "doctor"),
    ("cuelet", "sessions", "list"),
    ("cuelet", "--help"),
    ("cuelet", "--version"),
    ("cuelet", "run", "--help"),
    ("cueadmin", "-h"),
    ("pycuerun", "-i", "classic.outline"),
    ("pycuerun", "-b", "local", "classic.outline"),
    ("pycuerun", "--help"),
)
"""Commands that need no farm."""
STARTING = (
    ("cuelet", "jobs"),
    ("cuelet", "run", "job.py"),
    ("cuelet", "farm", "start"),
    ("cueadmin", "-lj"),
    ("pycuerun", "classic.outline"),
)
"""Commands that start the farm."""
LAUNCHING = (
    ("cuelet", "run", "job.py"),
    ("cuelet", "run", "--local", "job.py"),
    ("pycuerun", "-b", "local", "classic.outline"),
)
"""Commands that make a session."""


@dataclass
class Done:
    """How a command ended."""

    status: int
    err: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = [line for line in self.err.splitlines() if not line.startswith("note:")]

    def has_one_line(self, *, status: int, says: str = "") -> None:
        """Require one line that says something, and an exit status."""
        assert (self.status, len(self.lines)) == (status, 1), self.err
        assert says in self.err
        assert "Traceback" not in self.err


def argv(command: tuple[str, ...]) -> list[str]:
    """Return what runs a command, as an installed program would."""
    program, *rest = command
    return [sys.executable, "-P", "-c", PROGRAM.format(program), *rest]


def run(box: FarmBox, command: tuple[str, ...], shell: str = "", **more: object) -> Done:
    """Run a command through a shell, with what the shell does about its streams."""
    words = ["/bin/sh", "-c", f'"$@" {shell}', "sh", *argv(command)]
    given: dict[str, object] = {"cwd": box.home, "env": box.env, **more}
    done = subprocess.run(words, capture_output=True, timeout=170, check=False, **given)  # type: ignore[call-overload] # a dict of keywords
    return Done(done.returncode, done.stderr.decode(errors="replace"))


@pytest.fixture
def scripts(box: FarmBox) -> FarmBox:
    """Return surroundings with the scripts that the commands name."""
    (box.home / "job.py").write_text(SCRIPT)
    (box.home / "classic.outline").write_text(CLASSIC)
    return box


@pytest.fixture
def ended(scripts: FarmBox) -> FarmBox:
    """Return a farm on which the small job has ended."""
    scripts.start()
    done = scripts.cuelet("run", "-q", "job.py")
    assert done.returncode == 0, done.stderr
    return scripts


FULL = {"full": (">/dev/full", "No space left on device"), "closed": (">&-", "Bad file descriptor")}


@pytest.mark.parametrize(("shell", "reason"), FULL.values(), ids=FULL)
def test_results_that_cannot_be_written(ended: FarmBox, shell: str, reason: str) -> None:
    for command in READING + ALONE:
        done = run(ended, command, shell)

        assert done.lines[-1] == f"{command[0]}: cannot write the output: {reason}", command
        assert (done.status, "Traceback" in done.err) == (4, False), command


@pytest.mark.parametrize("shell", [">/dev/full", ">&-"])
def test_results_that_cannot_be_written_at_once(scripts: FarmBox, shell: str) -> None:
    scripts.env["PYTHONUNBUFFERED"] = "1"
    for command in (("cuelet", "--help"), ("cueadmin", "-h"), ("cuelet", "sessions", "list")):
        done = run(scripts, command, shell)

        assert (done.status, "cannot write the output" in done.err) == (4, True), command


@pytest.mark.parametrize("shell", ["2>/dev/full", "2>&-"])
def test_messages_that_cannot_be_written_are_lost(ended: FarmBox, shell: str) -> None:
    for command in (*LAUNCHING, ("cuelet", "farm", "start", "--tags", "big"), ("cuelet", "doctor")):
        assert run(ended, command, shell).status == 0, command
    assert run(ended, ("cuelet", "show", "nowhere"), shell).status == 5


def test_a_reader_that_has_enough(ended: FarmBox) -> None:
    for command in READING[:5] + ALONE[:4]:
        done = run(ended, command, "| true")

        assert "Traceback" not in done.err, command
        assert "Exception ignored" not in done.err, command


@dataclass
class Place:
    """A state directory that cannot be used."""

    path: Path
    says: str


@pytest.fixture(params=["file", "below a file", "foreign", "unwritable"])
def place(request: pytest.FixtureRequest, scripts: FarmBox) -> Place:
    """Point the state directory to a place that cannot be used."""
    kind, path = request.param, scripts.home / "state"
    if kind == "foreign":
        if os.getuid() != 0:
            pytest.skip("only root can give a folder away")
        path.mkdir()
        os.chown(path, 4242, 4242)
        return Place(path, "belongs to another user")
    if kind == "unwritable":
        scripts.env["CUELET_STATE_DIR"] = "/proc/state"
        return Place(Path("/proc/state"), "No such file or directory")
    (scripts.home / "taken").write_text("")
    below = kind == "below a file"
    path = scripts.home / "taken" / "state" if below else scripts.home / "taken"
    scripts.env["CUELET_STATE_DIR"] = str(path)
    return Place(path, "Not a directory" if below else "is a file, not a folder")


def test_a_state_directory_that_cannot_be_used(scripts: FarmBox, place: Place) -> None:
    for command in STARTING:
        run(scripts, command).has_one_line(status=4, says=f"{place.path}: {place.says}")
    doctor = scripts.cuelet("doctor")
    assert doctor.returncode == 4
    assert f"error    state              {place.path}: {place.says}" in doctor.stdout


def test_sessions_that_cannot_be_made(scripts: FarmBox) -> None:
    (scripts.home / "taken").write_text("")
    scripts.env["OUTLINE_OUTLINE_SESSION_DIR"] = str(scripts.home / "taken" / "sessions")

    for command in LAUNCHING:
        run(scripts, command).has_one_line(status=4, says="it cannot be made: Not a directory")


def test_files_that_may_not_grow(scripts: FarmBox) -> None:
    for command in LAUNCHING:
        words = [sys.executable, "-c", LIMITED.format("RLIMIT_FSIZE", 0), *argv(command)]
        done = subprocess.run(
            words, cwd=scripts.home, env=scripts.env, capture_output=True, text=True, check=False
        )

        Done(done.returncode, done.stderr).has_one_line(status=4, says="File too large")


@pytest.mark.parametrize(
    ("variable", "file", "text"),
    [
        ("OUTLINE_CONFIG_FILE", "outline.cfg", "[outline"),
        ("OUTLINE_CONFIG_FILE", "outline.cfg", "[outline]\nbackend = cue\nbackend = local\n"),
        ("OPENCUE_CONF", "opencue.yaml", "a: ["),
        ("OPENCUE_CONF", "opencue.yaml", "cuebot.timeout: soon\n"),
        ("OPENCUE_CONF", "opencue.yaml", "cuebot.facility: [here]\n"),
    ],
)
def test_configuration_that_cannot_be_read(
    scripts: FarmBox, variable: str, file: str, text: str
) -> None:
    path = scripts.home / file
    path.write_text(text)
    scripts.env[variable] = str(path)

    for command in (("cuelet", "run", "job.py"), ("pycuerun", "classic.outline")):
        run(scripts, command).has_one_line(status=4, says=f"{command[0]}: {path}: ")
    doctor = scripts.cuelet("doctor")
    assert (doctor.returncode, doctor.stderr) == (4, "")
    assert f"error    {file}" in doctor.stdout


def test_names_that_are_taken(ended: FarmBox) -> None:
    (ended.home / "slow.outline").write_text(CLASSIC.replace('"true"', '"sleep", "600"'))

    assert run(ended, ("pycuerun", "slow.outline")).status == 0
    run(ended, ("pycuerun", "slow.outline")).has_one_line(status=1, says="exists already")
    run(ended, ("cuelet", "run", "slow.outline")).has_one_line(status=1, says="exists already")


@pytest.mark.parametrize("program", ["cuelet run", "cuelet plan", "pycuerun"])
@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("nowhere.py", None, 5),
        ("empty.py", "", 1),
        ("broken.py", "x = 1\ndef (\n", 1),
        ("nul.py", "x = '\0'", 1),
    ],
)
def test_scripts_that_are_none(
    scripts: FarmBox, program: str, name: str, text: str | None, status: int
) -> None:
    if text is not None:
        (scripts.home / name).write_text(text)

    done = scripts.python("-P", *argv((program.split()[0],))[2:], *program.split()[1:], name)

    assert done.returncode == status, done.stderr
    assert "src/cuelet" not in done.stderr
    assert "src/outline" not in done.stderr
    if name == "broken.py":
        assert "broken.py" in done.stderr + done.stdout
        assert "line 2" in done.stderr + done.stdout


def test_a_folder_that_is_gone(scripts: FarmBox) -> None:
    gone = "/bin/sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$@"', "sh"
    for command in (
        ("cuelet", "run", "--local", str(scripts.home / "job.py")),
        ("pycuerun", "-b", "local", str(scripts.home / "classic.outline")),
        ("cuelet", "farm", "backup", "copy.db"),
        ("cuelet", "plan", str(scripts.home / "classic.outline")),
        ("cuelet", "plan", "../job.py"),
        ("cuelet", "run", "--local", "../job.py"),
    ):
        words = [*gone, *argv(command)]
        done = subprocess.run(
            words, cwd=scripts.home, env=scripts.env, capture_output=True, text=True, check=False
        )

        assert "Traceback" not in done.stderr, command
        assert done.returncode in {0, 1, 4}, done.stderr


def test_names_that_are_no_text(ended: FarmBox) -> None:
    name = b"b\xffd"
    for command, status in (
        (("cuelet", "show"), 5),
        (("cuelet", "limits", "set"), 2),
        (("cueadmin", "-pause"), 2),
    ):
        more = [name, b"3"] if "set" in command else [name]
        done = subprocess.run(
            [os.fsencode(word) for word in argv(command)] + more,
            cwd=ended.home,
            env=ended.env,
            capture_output=True,
            check=False,
        )

        Done(done.returncode, done.stderr.decode()).has_one_line(status=status, says="b\\udcffd")


def test_a_name_that_is_no_text_is_printed_as_it_is(scripts: FarmBox) -> None:
    scripts.env["LC_ALL"] = "nowhere.none"
    place = os.fsencode(scripts.home) + b"/b\xffd.svg"
    words = [os.fsencode(word) for word in argv(("cuelet", "plan", "--offline", "--svg"))]

    done = subprocess.run(
        [*words, place, b"job.py"],
        cwd=scripts.home,
        env=scripts.env,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert b"wrote " + place in done.stdout


@pytest.fixture
def begun(scripts: FarmBox) -> Path:
    """Return the file that the slow script makes when it runs."""
    (scripts.home / "slow.py").write_text(SLOW)
    path = scripts.home / "begun"
    scripts.env["BEGUN"] = str(path)
    return path


def test_a_plan_of_what_nobody_made_in_a_line_of_the_script(scripts: FarmBox) -> None:
    (scripts.home / "variables.py").write_text(f"{SCRIPT}job.set_env('A', '#IFRMAE#')\n")
    scripts.env["USER"] = "STUDIO\\kim"

    done = scripts.cuelet("plan", "--offline", str(scripts.home / "variables.py"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "nobody replaces #IFRMAE# in its variable A" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("cuelet", "run", "slow.py"),
        ("cuelet", "plan", "--offline", "slow.py"),
        ("pycuerun", "slow.py"),
    ],
)
def test_ctrl_c_while_a_script_runs(
    scripts: FarmBox, begun: Path, command: tuple[str, ...]
) -> None:
    process = subprocess.Popen(
        argv(command), cwd=scripts.home, env=scripts.env, stderr=subprocess.PIPE, text=True
    )
    wait_until(begun.exists)

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, f"{command[0]}: interrupted\n")

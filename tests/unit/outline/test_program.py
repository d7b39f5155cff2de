"""One sentence says why a program does not start, whoever was to start it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from outline import io
from outline.exception import ShellCommandFailureException
from outline.jobspec import endings, program

LONG = "x" * program.MAX_ARGUMENT_BYTES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, full of programs that do not start."""
    scripts = {
        "plain.sh": b"#!/bin/sh\n",
        "crlf.sh": b"#!/bin/sh\r\necho hi\r\n",
        "gone.sh": b"#!/opt/none/sh -e\n",
        "bare.sh": b"echo hi\n",
        "folder.sh": b"#!/tmp\n",
        "through.sh": f"#!{tmp_path}/plain.sh\n".encode(),
    }
    for name, text in scripts.items():
        (tmp_path / name).write_bytes(text)
        (tmp_path / name).chmod(0o644 if name == "plain.sh" else 0o755)
    (tmp_path / "loop.sh").symlink_to("loop.sh")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"/opt/none:{tmp_path}")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        (["./plain.sh"], 126, "./plain.sh is not executable; make it so (chmod +x)"),
        (["plain.sh"], 126, "plain.sh is not executable; make it so (chmod +x) or fix PATH"),
        (["./crlf.sh"], 127, "its first line ends with a carriage return"),
        (["./gone.sh"], 127, "names does not exist (/opt/none/sh -e); correct its first line"),
        (["./folder.sh"], 126, "the interpreter that ./folder.sh names is a folder"),
        (["./through.sh"], 126, "the interpreter that ./through.sh names is not executable (/"),
        (["./bare.sh"], 126, "a script needs a first line #!"),
        (["/tmp"], 126, "/tmp is a folder, not a program"),
        (["/bin/true", LONG], 126, f"one of them has {len(LONG)} bytes"),
        (["no-such"], 127, "program 'no-such' is not on PATH (/opt/none:"),
        (["./no such"], 127, "program ./no such does not exist in /"),
        (["/bin/true/x"], 127, "program /bin/true/x does not exist; install it"),
        (["~/tool"], 127, "write the folder instead of ~"),
        (["tool -f"], 127, "write the program alone as the first"),
        (["./loop.sh"], 126, "a symlink that leads to itself"),
        ([""], 127, "the command is empty"),
        (["a\0b"], 127, "the command cannot be passed on"),
        ([], 127, "the command is empty"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_command_that_does_not_start_says_why(command: list[str], status: int, says: str) -> None:
    with pytest.raises(ShellCommandFailureException) as caught:
        io.system(command)

    assert (caught.value.exit_status, says in str(caught.value)) == (status, True), caught.value


def test_a_relative_program_is_looked_for_where_the_command_was_to_start(folder: Path) -> None:
    missing = OSError(errno.ENOENT, os.strerror(errno.ENOENT))

    os.chdir("/")

    said = program.why_not(["./crlf.sh"], {}, missing, str(folder))
    assert "carriage return" in said
    assert f"does not exist in {folder}" in program.why_not(["./no"], {}, missing, str(folder))


def test_a_removed_folder_is_no_surprise(folder: Path) -> None:
    (folder / "gone").mkdir()
    os.chdir(folder / "gone")
    (folder / "gone").rmdir()

    with pytest.raises(ShellCommandFailureException, match="which was removed"):
        io.system(["./tool"])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "0"),
        (1, "1"),
        (126, "126, probably a program that cannot be executed"),
        (127, "127, probably a program that was not found"),
        (128, "128"),
        (134, "134, probably SIGABRT"),
        (137, "137, probably SIGKILL"),
        (139, "139, probably SIGSEGV"),
        (143, "143, probably SIGTERM"),
        (170, "170, probably signal 42"),
        (255, "255"),
        (256, "256"),
        (-1, "-1"),
    ],
)
def test_a_status_says_what_it_probably_means(status: int, words: str) -> None:
    assert endings.status_words(status) == words


@pytest.mark.parametrize(
    ("number", "words"), [(11, "SIGSEGV (Segmentation fault)"), (99, "signal 99 (unknown)")]
)
def test_a_signal_has_name_and_meaning(number: int, words: str) -> None:
    assert endings.signal_words(number) == words


def test_a_status_that_a_shell_passes_on_is_no_signal_for_sure() -> None:
    with pytest.raises(ShellCommandFailureException, match="status 139, probably SIGSEGV"):
        io.system(["/bin/sh", "-c", "exit 139"])

"""Why a program cannot be started, in one sentence, on the farm and here, with and without pycuerun."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ARGUMENT_BYTES = 128 * 1024
"""What Linux takes in one argument or variable, its end included."""


class NotFoundError(Exception):
    """There is no such program, or it may not be executed; the message is the sentence."""


def find(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the file to execute, looked up on the PATH of `env` from the current folder.

    Raises:
        NotFoundError: There is none, or it may not be executed.
    """
    name = argv[0] if argv else ""
    if not name or "\0" in name:
        raise NotFoundError("the command is empty; give the layer a command")
    if "/" in name:
        return name
    path = env.get("PATH", os.defpath)
    seen = ""
    for folder in path.split(":"):
        candidate = f"{folder or '.'}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
        seen = seen or (candidate if os.path.isfile(candidate) else "")
    if seen:
        raise NotFoundError(f"{seen} is not executable; make it so (chmod +x) or fix PATH")
    raise NotFoundError(f"program {name!r} is not on PATH ({path}); {_way_out(name)}")


def _way_out(name: str) -> str:
    if name.startswith("~"):
        return "a list is run without a shell, so write the folder instead of ~"
    if " " in name.strip():
        return "a list has one argument per element: write the program alone as the first"
    return "install it or set PATH in the job"


def why_not(argv: Sequence[str], env: Mapping[str, str], error: OSError, cwd: str = "") -> str:
    """Return why the system did not start a command, and what to do about it.

    Args:
        argv: The command.
        env: Its variables.
        error: What the system said.
        cwd: Where it was to start, for relative programs; empty: the current folder.
    """
    try:
        program = find(argv, env)
    except NotFoundError as missing:
        return str(missing)
    return explain(program, error, argv, env, cwd)


def explain(
    program: str, error: OSError, argv: Sequence[str], env: Mapping[str, str], cwd: str = ""
) -> str:
    """Return why the system did not start a program that was found; see `why_not`."""
    place = program if os.path.isabs(program) else os.path.join(cwd, program)
    match error.errno:
        case errno.ENOENT if os.path.exists(place):
            return _no_interpreter(program, place)
        case errno.ENOENT | errno.ENOTDIR:
            return _missing(program, cwd)
        case errno.EACCES:
            return _refused(program, place)
        case errno.ENOEXEC:
            return f"{program} is no program for this machine; a script needs a first line #!"
        case errno.ETXTBSY:
            return f"{program} is open for writing; close it and retry the frame"
        case errno.ELOOP:
            return f"{program} is a symlink that leads to itself; correct it"
        case errno.E2BIG:
            return _too_long(program, argv, env)
        case errno.EAGAIN | errno.ENOMEM:
            return (
                f"the system refused a process for {program}: {error.strerror}; "
                "raise the limit of processes (ulimit -u) or free memory"
            )
    return f"{program} could not be started: {error.strerror}"


def _missing(program: str, cwd: str) -> str:
    if program.startswith("~"):
        return f"program {program} does not exist; a list is run without a shell, so write the folder instead of ~"
    where = "" if os.path.isabs(program) else f" in {cwd or _current()}"
    return f"program {program} does not exist{where}; install it or correct the command"


def _current() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "the working directory, which was removed"


def _no_interpreter(program: str, place: str) -> str:
    line = _first_line(place)
    if line.endswith(b"\r"):
        why = "its first line ends with a carriage return; save it with Unix line ends"
        return f"the interpreter that {program} names does not exist: {why}"
    named = f" ({os.fsdecode(line[2:]).strip()})" if line.startswith(b"#!") else ""
    return f"the interpreter that {program} names does not exist{named}; correct its first line"


def _refused(program: str, place: str) -> str:
    if os.path.isdir(place):
        return f"{program} is a folder, not a program; correct the command"
    if not os.access(place, os.X_OK):
        return f"{program} is not executable; make it so (chmod +x)"
    words = os.fsdecode(_first_line(place).removeprefix(b"#!")).split()
    named = words[0] if words else ""
    why = "is a folder, not a program" if os.path.isdir(named) else "is not executable"
    return f"the interpreter that {program} names {why} ({named}); correct its first line"


def _first_line(place: str) -> bytes:
    try:
        with open(place, "rb") as file:
            return file.read(256).split(b"\n")[0]
    except OSError:
        return b""


def _too_long(program: str, argv: Sequence[str], env: Mapping[str, str]) -> str:
    length = sum(map(len, argv)) + sum(len(k) + len(v) for k, v in env.items())
    longest = max(len(os.fsencode(each)) for each in (*argv, *env.values()))
    one = f"; one of them has {longest} bytes, and {MAX_ARGUMENT_BYTES} is the most"
    return (
        f"the arguments and variables of {program} are too long for the system "
        f"({length} characters{one if longest >= MAX_ARGUMENT_BYTES else ''}); pass them in a file"
    )

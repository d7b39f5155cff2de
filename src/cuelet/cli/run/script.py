"""Run a script as the main program, and launch what it builds."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import opencue
import outline
import outline.cuerun
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.run.built import built_outlines, is_classic
from cuelet.pasting import pasteable
from opencue.config import ConfigError
from outline._stderr import usertrace
from outline.cuerun import LaunchContext
from outline.jobspec.plainfile import odd_kind_of, open_plain


def launch_script(path: Path, args: list[str], *, pycuerun: bool = True) -> list[Any]:
    """Run a script as if it were the main program; return the jobs it launched, of the farm and of this process.

    A script that launches nothing hands over the outline it built: one in a global variable, or
    what its only function without arguments named create..., build... or make... returns.
    A classic one, ``NAME.outline``, only makes layers, as pycuerun takes it.

    Raises:
        CommandError: There is no such script, it failed, or it built no outline.
    """
    source = _read(path)
    made: list[Any] = []
    with _as_main(path, args) as module, LaunchContext(note_made=made.append) as context:
        with _telling_what_was_launched(context):
            built = _loaded(path) if is_classic(path) else _executed(source, path, module)
            if not context.launched:
                layers = [each for each in made if isinstance(each, outline.Layer)]
                with _only_known_errors(path):
                    for each in built or built_outlines(module, path, layers):
                        outline.cuerun.launch(each, use_pycuerun=pycuerun)
        return [job for _, jobs in context.launched for job in jobs]


def _read(path: Path) -> bytes:
    """Return what is in a script; raises CommandError when it cannot be read."""
    try:
        with open_plain(str(path)) as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise CommandError(f"no script {str(path)!r}", Exit.NOT_FOUND) from error
    except OSError as error:
        if kind := odd_kind_of(str(path)):
            raise CommandError(f"{str(path)!r} is {kind}; name a script", Exit.NOT_FOUND) from error
        raise CommandError(
            f"cannot read script {str(path)!r}: {error.strerror}", Exit.ENVIRONMENT
        ) from error


@contextlib.contextmanager
def _as_main(path: Path, args: list[str]) -> Iterator[types.ModuleType]:
    """Make a script the ``__main__`` module, so that its layer classes travel as from python."""
    module = types.ModuleType("__main__")
    module.__file__ = os.path.abspath(path)
    old = sys.modules["__main__"], sys.argv, sys.path[:]
    before = outline.current_outline()
    _set_current(None)
    sys.modules["__main__"] = module
    sys.argv, sys.path = [str(path), *args], [str(path.resolve().parent), *sys.path]
    try:
        yield module
    finally:
        sys.modules["__main__"], sys.argv, sys.path = old
        _set_current(before)


def _set_current(current: outline.Outline | None) -> None:
    """Have new layers join an outline, or none."""
    kind: Any = outline.Outline  # whose class has this property too, which mypy does not see
    kind.current = current


@contextlib.contextmanager
def _telling_what_was_launched(context: LaunchContext) -> Iterator[None]:
    """Name the jobs there are already when a script fails behind a launch, and say how those ended that ran here.

    Raises:
        CommandError: The script ended with another status than 0, with a new one where frames of a job here are dead.
    """
    try:
        yield
    except BaseException as error:
        jobs = [] if context.take else [job for _, found in context.launched for job in found]
        for line in _launched_lines(jobs):
            print(line, file=sys.stderr)
        has_dead = any(not on_farm(job) and job.deadFrames() for job in jobs)
        if isinstance(error, ScriptExitError) and has_dead:
            error.status = Exit.DEAD_FRAMES
        raise


def _launched_lines(jobs: Sequence[Any]) -> Iterator[str]:
    names = [job.name() for job in jobs if on_farm(job)]
    if names:
        place = pasteable("cuelet", "show", names[0]) if len(names) == 1 else "cuelet jobs"
        yield f"note: {', '.join(names)} had been launched by then; see {place}"
    for job in jobs:
        if not on_farm(job):
            from outline.backend import local

            yield local.describe(job)


def on_farm(job: Any) -> bool:
    """Tell whether a job went to a server, rather than having run in this process."""
    return not hasattr(job, "is_success")


class ScriptExitError(CommandError):
    """The script ended itself with another status than 0."""


def _loaded(path: Path) -> Sequence[outline.Outline]:
    """Return the outline that the layers of a classic script joined."""
    with _only_known_errors(path):
        loaded = outline.load_outline(str(path))
        return [loaded] if loaded.get_layers() else []
    return []


def _executed(source: bytes, path: Path, module: types.ModuleType) -> Sequence[outline.Outline]:
    """Execute a script; return no outlines, as these are found by what it left."""
    with _only_known_errors(path), _errors_shown():
        code = compile(source, str(path), "exec")
        exec(code, module.__dict__)  # noqa: S102 running the user's script is the command
    return []


@contextlib.contextmanager
def _errors_shown() -> Iterator[None]:
    """Have errors go where they did before, when a script that fails has put something else in the place of stderr."""
    stderr = sys.stderr
    try:
        yield
    except BaseException:
        sys.stderr = stderr
        raise


@contextlib.contextmanager
def _only_known_errors(path: Path) -> Iterator[None]:
    """Turn what a script raises into one error that the command says in a line, behind the script's own traceback."""
    try:
        yield
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            raise ScriptExitError(f"{path} ended with {leaving.code}") from None
    except (outline.OutlineException, opencue.CueException, ConfigError, CommandError):
        raise
    except Exception as error:
        if not isinstance(error, SyntaxError) and not usertrace.user_traceback(error):
            raise  # it is not the script's
        _print_traceback(error)
        raise CommandError(f"{path} failed: {type(error).__name__}: {error}") from error


def _print_traceback(error: BaseException) -> None:
    """Print the script's part of a traceback; the command says the error itself."""
    if usertrace.user_traceback(error):
        print(usertrace.without_last(error), end="", file=sys.stderr)

"""Run a script as the main program, and launch what it builds."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import opencue
import outline
import outline.cuerun
from cuelet.cli.exits import CommandError, Exit
from opencue.wrappers.job import Job
from outline._finish import run_to_end
from outline.cuerun import LaunchContext

_BUILDERS = ("create", "build", "make", "main", "outline", "job")


def launch_script(path: Path, args: list[str], *, pycuerun: bool = True) -> list[Job]:
    """Run a script as if it were the main program; return the jobs it launched.

    A script that launches nothing hands over the outline it built: one in a global variable, or
    what its only function without arguments named create..., build... or make... returns.

    Raises:
        CommandError: There is no such script, it failed, or it built no outline.
    """
    if not path.is_file():
        raise CommandError(f"no script {str(path)!r}", Exit.NOT_FOUND)
    with _as_main(path, args) as module, LaunchContext() as context:
        _execute(path, module)
        if not context.launched:
            for built in _built(module, path):
                outline.cuerun.launch(built, use_pycuerun=pycuerun)
        return [job for _, jobs in context.launched for job in jobs]


@contextlib.contextmanager
def _as_main(path: Path, args: list[str]) -> Iterator[types.ModuleType]:
    """Make a script the ``__main__`` module, so that its layer classes travel as from python."""
    module = types.ModuleType("__main__")
    module.__file__ = os.path.abspath(path)
    old = sys.modules["__main__"], sys.argv, sys.path[:]
    sys.modules["__main__"] = module
    sys.argv, sys.path = [str(path), *args], [str(path.resolve().parent), *sys.path]
    try:
        yield module
    finally:
        sys.modules["__main__"], sys.argv, sys.path = old


def _execute(path: Path, module: types.ModuleType) -> None:
    try:
        code = compile(path.read_bytes(), str(path), "exec")
        exec(code, module.__dict__)  # noqa: S102 running the user's script is the command
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            raise CommandError(f"{path} ended with {leaving.code}") from None
    except (outline.OutlineException, opencue.CueException, CommandError):
        raise
    except Exception as error:
        _print_traceback(error, path)
        raise CommandError(f"{path} failed: {type(error).__name__}: {error}") from error


def _print_traceback(error: BaseException, path: Path) -> None:
    """Print the script's part of a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [at for at, frame in enumerate(frames) if frame.filename == str(path)]
    for line in traceback.format_list(frames[own[0] :] if own else frames):
        print(line, end="", file=sys.stderr)


def _built(module: types.ModuleType, path: Path) -> list[outline.Outline]:
    found = {
        id(value): value for value in vars(module).values() if isinstance(value, outline.Outline)
    }
    if found:
        return list(found.values())
    builders = [value for value in vars(module).values() if _is_builder(value, module)]
    if len(builders) == 1:
        result = run_to_end(builders[0]())
        if isinstance(result, outline.Outline):
            return [result]
    current = outline.current_outline()
    if current is not None and current.get_layers():
        return [current]
    names = ", ".join(builder.__name__ for builder in builders)
    several = f"it has several functions that could: {names}" if len(builders) > 1 else ""
    raise CommandError(
        f"{path} built no outline; launch one, keep it in a global variable, "
        f"or return it from a function create_...()" + (f" ({several})" if several else "")
    )


def _is_builder(value: Any, module: types.ModuleType) -> bool:
    """Tell whether a value is a function of the script that may build an outline."""
    if not isinstance(value, types.FunctionType) or value.__globals__ is not module.__dict__:
        return False
    return value.__name__.startswith(_BUILDERS) and _takes_nothing(value)


def _takes_nothing(function: Callable[..., object]) -> bool:
    import inspect

    parameters = inspect.signature(function).parameters.values()
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters
    )

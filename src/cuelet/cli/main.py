"""The ``cuelet`` command: arguments in, one exit status out.

Here is the table of commands. Arguments stand in the `arguments` module of each folder, a command in the file of its name.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterable, Sequence

import cuelet
from cuelet import search_path
from cuelet.cli.exits import CommandError, Exit, message_of, say
from cuelet.cli.parsing import CommandParser, add_command

TYPE_CHECKING = False  # typing would cost every command 3 ms
if TYPE_CHECKING:
    from typing import Any

COMMANDS = (
    ("run", "run.run:run", "launch the outline a script builds, and watch it", "run.arguments:add_run"),
    ("watch", "run.watch:watch", "follow a job to its end", "run.arguments:add_watch"),
    ("plan", "plan.plan:plan", "show what a script would launch; launch nothing", "plan.arguments:add_plan"),
    ("jobs", "jobs.jobs:jobs", "list jobs: pending, and finished today", "jobs.arguments:add_jobs"),
    ("show", "jobs.show:show", "show a job's layers, depends and dead frames", "jobs.arguments:add_show"),
    ("logs", "jobs.logs:logs", "print the log of a frame", "jobs.arguments:add_logs"),
    ("why", "jobs.why:why", "say why frames do not run, and what changes it", "jobs.arguments:add_why"),
    ("repro", "jobs.repro:repro", "run one frame here and now, as the farm would", "jobs.arguments:add_repro"),
    ("doctor", "doctor.doctor:doctor", "check versions, folders, configuration and the farm", "doctor.arguments:add_doctor"),
    ("retry", "jobs.retry:retry", "run dead frames again, or the named ones", "jobs.arguments:add_retry"),
    ("eat", "jobs.eat:eat", "give up on dead frames, or the named ones, so that the rest can go on", "jobs.arguments:add_chosen"),
    ("kill", "jobs.kill:kill", "kill a job, or the running frames that are named", "jobs.arguments:add_chosen"),
    ("pause", "jobs.pause:pause", "start no more frames of a job", "jobs.arguments:add_frames"),
    ("resume", "jobs.resume:resume", "start frames of a paused job again", "jobs.arguments:add_frames"),
    ("drop-depends", "jobs.drop_depends:drop", "let a job start without waiting for others", "jobs.arguments:add_drop_depends"),
    ("delay", "jobs.delay:delay", "start no frame of a job before a time", "jobs.arguments:add_delay"),
    ("limits", "", "list, set or delete limits, such as licences", "farm.arguments:add_limits"),
    ("sessions", "", "list, show or clean the folders jobs share", "sessions.arguments:add_sessions"),
    ("farm", "", "start, stop or look at the embedded farm", "farm.arguments:add_farm"),
    ("env", "farm.env:env", "print what stock clients need to find the farm", "parsing:add_json"),
)  # fmt: skip
"""Name, what does it, help, and what adds its arguments, both imported when it is asked for; a group does nothing itself."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status. What is no error of its own is left to `cuelet.programs`."""
    words = sys.argv[1:] if argv is None else argv
    parser = parser_of(word for word in words if not word.startswith("-"))
    if not words:
        parser.exit(Exit.USAGE, parser.format_help())
    options = parser.parse_args(words)
    try:
        do = _imported(options.do)
        search_path.require_ours()  # another package may have overwritten ours, and half of it work
        return int(do(options))
    except CommandError as error:
        say(str(error))
        return int(error.status)
    except Exception as error:
        status = _status_of(error)
        if status is None:
            raise
        say(message_of(error))
        return int(status)


def _imported(name: str) -> Callable[..., Any]:
    """Return a function of a command's folder, by ``FOLDER.MODULE:FUNCTION``."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"cuelet.cli.{module}"), function)
    return found


def _status_of(error: Exception) -> Exit | None:
    """Return the exit status of an error that is the user's to mend, or None for our bugs."""
    import opencue
    import outline
    from cuelet.client import errors
    from cuelet.settings import LocalEnvironmentError

    statuses: tuple[tuple[type[Exception], Exit], ...] = (
        (opencue.exception.FarmNotOursException, Exit.DENIED),
        (opencue.exception.PermissionDeniedException, Exit.DENIED),
        (opencue.exception.FarmNotStartedException, Exit.ENVIRONMENT),
        (opencue.exception.ConnectionException, Exit.UNREACHABLE),
        (opencue.exception.DeadlineExceededException, Exit.UNREACHABLE),
        (opencue.exception.CuebotDatabaseException, Exit.UNREACHABLE),
        (opencue.EntityNotFoundException, Exit.NOT_FOUND),
        (opencue.CueException, Exit.FAILED),
        (outline.exception.JobFailedError, Exit.DEAD_FRAMES),
        (outline.exception.JobStillRunsError, Exit.TIMEOUT),
        (outline.exception.NoSessionError, Exit.ENVIRONMENT),
        (outline.exception.ConfigFileError, Exit.ENVIRONMENT),
        (outline.OutlineException, Exit.FAILED),
        (opencue.config.ConfigError, Exit.ENVIRONMENT),
        (opencue.search.SearchOptionError, Exit.USAGE),
        (LocalEnvironmentError, Exit.ENVIRONMENT),
        (errors.UnknownNameError, Exit.NOT_FOUND),
        (errors.BadRequestError, Exit.USAGE),
        (errors.ClientError, Exit.FAILED),
    )
    if isinstance(error, outline.OutlineException) and isinstance(error.__cause__, OSError):
        return Exit.ENVIRONMENT  # a folder or a file that cannot be used
    return next((status for kind, status in statuses if isinstance(error, kind)), None)


def parser_of(asked: Iterable[str]) -> argparse.ArgumentParser:
    """Return the parser of all commands, with the arguments of those that may have been asked for.

    Adding all arguments would take longer than most commands.
    """
    parser = CommandParser(
        prog="cuelet",
        description="Define, run, watch and manage multi-layer render jobs on this machine "
        "or an OpenCue farm.",
    )
    parser.add_argument("--version", action="version", version=f"cuelet {cuelet.__version__}")
    commands, wanted = parser.add_subparsers(metavar="COMMAND", required=True), set(asked)
    for name, do, text, add_arguments in COMMANDS:
        made = add_command(commands, name, do, text)
        if name in wanted:
            _imported(add_arguments)(made)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

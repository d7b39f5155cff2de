"""The ``cuelet`` command: arguments in, one exit status out."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import cuelet
from cuelet.cli.exits import CommandError, Exit
from cuelet.cli.plan import arguments as plan_arguments

Parsers = Any


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(argv)
    try:
        code = int(_command(options.do)(options))
        sys.stdout.flush()
        return code
    except CommandError as error:
        print(f"cuelet: {error}", file=sys.stderr)
        return int(error.status)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read us has enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILED)
    except Exception as error:
        status = _status_of(error)
        if status is None:
            raise
        print(f"cuelet: {_message(error)}", file=sys.stderr)
        return int(status)


def _message(error: Exception) -> str:
    """Return what the farm said in its own words, else the error's."""
    details = getattr(error, "details", None)
    said = details() if callable(details) else None
    return str(said or error)


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Return a command's function; its module is imported only now."""
    module, _, function = name.partition(":")
    found: Callable[[argparse.Namespace], int] = getattr(
        importlib.import_module(f"cuelet.cli.{module}"), function
    )
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
        (opencue.exception.ConnectionException, Exit.UNREACHABLE),
        (opencue.EntityNotFoundException, Exit.NOT_FOUND),
        (opencue.CueException, Exit.FAILED),
        (outline.OutlineException, Exit.FAILED),
        (LocalEnvironmentError, Exit.ENVIRONMENT),
        (errors.NotFoundError, Exit.NOT_FOUND),
        (errors.BadRequestError, Exit.USAGE),
        (errors.ClientError, Exit.FAILED),
    )
    return next((status for kind, status in statuses if isinstance(error, kind)), None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cuelet",
        description="Define, run, watch and manage multi-layer render jobs on this machine "
        "or an OpenCue farm.",
    )
    parser.add_argument("--version", action="version", version=f"cuelet {cuelet.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add_plan(commands)
    _add_reading(commands)
    _add_acting(commands)
    _add_limits(commands)
    _add_sessions(commands)
    _add_farm(commands)
    return parser


def _add(commands: Parsers, name: str, do: str, text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    made.set_defaults(do=do)
    return made


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _watching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--timeout", type=float, metavar="S", help="stop watching after S seconds (exit 124)"
    )
    _json(parser)


def _add_run(commands: Parsers) -> None:
    run = _add(commands, "run", "run.run:run", "launch the outline a script builds, and watch it")
    how = run.add_mutually_exclusive_group()
    how.add_argument("--wait", action="store_true", help="watch until it ends (the default)")
    how.add_argument("--detach", action="store_true", help="launch and leave")
    how.add_argument(
        "--local",
        dest="do",
        action="store_const",
        const="run.local:run",
        default="run.run:run",
        help="run it in this process, without the farm",
    )
    run.add_argument("-T", "--threads", type=float, metavar="N", help="cores for --local")
    run.add_argument("--log-dir", metavar="DIR", help="where the logs go with --local")
    run.add_argument(
        "--raw",
        dest="pycuerun",
        action="store_false",
        help="run commands as they are, without pycuerun (for scripts that do not launch)",
    )
    run.add_argument(
        "--skip-existing",
        action="store_true",
        help="skip frames whose outputs are there, made of the same by the same",
    )
    run.add_argument("--force", action="store_true", help="run every frame, skip none")
    _watching(run)
    run.add_argument("script")
    args = run.add_argument("args", nargs=argparse.REMAINDER, help="given to the script")
    args.required = False  # or argparse names it as missing beside a missing script
    watch = _add(commands, "watch", "run.watch:watch", "follow a job to its end")
    _watching(watch)
    watch.add_argument("job")


def _add_plan(commands: Parsers) -> None:
    plan = _add(
        commands, "plan", "plan.plan:plan", "show what a script would launch; launch nothing"
    )
    plan_arguments.add_options(plan)
    plan_arguments.add_script(plan)


def _add_reading(commands: Parsers) -> None:
    jobs = _add(commands, "jobs", "jobs.jobs:jobs", "list jobs: pending, and finished today")
    jobs.add_argument("--all", action="store_true", help="every job the farm remembers")
    _json(jobs)
    show = _add(commands, "show", "jobs.show:show", "show a job's layers, depends and dead frames")
    show.add_argument("job")
    _json(show)
    logs = _add(commands, "logs", "jobs.logs:logs", "print the log of a frame")
    logs.add_argument("job")
    logs.add_argument("frame", help="like 12-render, or the layer if it has one frame")
    logs.add_argument("-f", "--follow", action="store_true", help="until the frame has ended")
    logs.add_argument("--path", action="store_true", help="print where the log is instead")
    why = _add(commands, "why", "jobs.why:why", "say why frames do not run, and what changes it")
    why.add_argument("job")
    why.add_argument("layer", nargs="?")
    why.add_argument("frame", nargs="?", type=int, help="frame number")
    _json(why)
    repro = _add(
        commands, "repro", "jobs.repro:repro", "run one frame here and now, as the farm would"
    )
    repro.add_argument("job")
    repro.add_argument("frame", help="like 12-render, or the layer if it has one frame")
    how = repro.add_mutually_exclusive_group()
    how.add_argument("--shell", action="store_true", help="open a shell in its place instead")
    how.add_argument("--script", metavar="FILE", help="write it as a script instead")
    how.add_argument("--dry-run", action="store_true", help="print it instead")
    doctor = _add(commands, "doctor", "farm.doctor:doctor", "check versions, paths and permissions")
    _json(doctor)


_ACTIONS = {
    "retry": "run dead frames again, or the named ones",
    "eat": "give up on dead frames, or the named ones, so that the rest can go on",
    "kill": "kill a job, or the running frames that are named",
    "pause": "start no more frames of a job",
    "resume": "start frames of a paused job again",
}


def _add_acting(commands: Parsers) -> None:
    for name, text in _ACTIONS.items():
        action = _add(commands, name, f"jobs.{name}:{name}", text)
        action.add_argument("job")
        action.add_argument("--layer", action="append", metavar="L", help="only this layer")
        action.add_argument("--frames", metavar="R", help="only these frames, like 1-10,20")
        if name == "retry":
            action.add_argument(
                "--memory-mb", type=int, metavar="N", help="reserve so much for each of them first"
            )
    drop = _add(
        commands,
        "drop-depends",
        "jobs.drop_depends:drop",
        "let a job start without waiting for others",
    )
    drop.add_argument("job")
    drop.add_argument("--on", metavar="JOB", help="only what waits for this job")
    drop.add_argument(
        "--layer", action="append", metavar="L", help="only what this layer waits for"
    )


def _add_limits(commands: Parsers) -> None:
    delay = _add(commands, "delay", "jobs.delay:delay", "start no frame of a job before a time")
    delay.add_argument("job")
    delay.add_argument("when", help="like 2h, 45m, 2026-11-22T03:00, or off for at once")
    delay.add_argument("--layer", action="append", metavar="L", help="only this layer")
    limits = commands.add_parser("limits", help="list, set or delete limits, such as licences")
    verbs = limits.add_subparsers(metavar="list|set|delete", required=True)
    _json(_add(verbs, "list", "farm.limits:list_limits", "list limits and who takes them"))
    setting = _add(verbs, "set", "farm.limits:set_limit", "make a limit, or change it")
    setting.add_argument("name")
    setting.add_argument("max", type=int, help="frames at a time; 0 for none, -1 for no limit")
    delete = _add(verbs, "delete", "farm.limits:delete_limit", "remove a limit")
    delete.add_argument("name")


def _add_sessions(commands: Parsers) -> None:
    sessions = commands.add_parser("sessions", help="list, show or clean the folders jobs share")
    verbs = sessions.add_subparsers(metavar="list|show|clean", required=True)
    listing = _add(verbs, "list", "sessions.list:list_sessions", "list sessions, oldest first")
    show = _add(verbs, "show", "sessions.show:show", "show one session")
    show.add_argument("session", help="its folder, name/uuid, or uuid")
    clean = _add(verbs, "clean", "sessions.clean:clean", "remove sessions nobody needs any more")
    clean.add_argument(
        "--older-than", default="30d", metavar="AGE", help="like 30d, 12h or 45m (30d)"
    )
    clean.add_argument("--dry-run", action="store_true", help="say what would go, remove nothing")
    clean.add_argument("--yes", action="store_true", help="do not ask")
    for each in (listing, show, clean):
        _json(each)


def _add_farm(commands: Parsers) -> None:
    farm = commands.add_parser("farm", help="start, stop or look at the embedded farm")
    verbs = farm.add_subparsers(metavar="start|stop|status|backup|prune", required=True)
    start = _add(verbs, "start", "farm.start:start", "start the farm, unless it runs already")
    start.add_argument("--foreground", action="store_true", help="stay in this process")
    start.add_argument("--port", type=int, help="loopback TCP port to try first (8443)")
    start.add_argument("--cores", type=float, help="cores that frames may use together")
    start.add_argument("--memory-mb", type=int, help="memory that frames may reserve together")
    start.add_argument(
        "--memory-policy",
        choices=("off", "warn", "kill"),
        help="what is done about a frame that uses more than it reserved (warn)",
    )
    start.add_argument(
        "--memory-factor",
        type=float,
        metavar="X",
        help="kill beyond X times the reservation (1.5)",
    )
    start.add_argument("--tags", metavar="A,B", help="further tags of this machine; kept")
    start.add_argument("--services", metavar="A,B", help="services it has, or any; kept")
    start.add_argument("--gpus", type=int, metavar="N", help="GPUs it has; kept")
    _json(start)
    _add(verbs, "stop", "farm.stop:stop", "stop the farm; running frames go on")
    _json(_add(verbs, "status", "farm.status:status", "say whether the farm runs, and where"))
    backup = _add(
        verbs, "backup", "farm.backup:backup", "copy the farm's database, also while it runs"
    )
    backup.add_argument("file", metavar="FILE", help="the copy; readable for you alone")
    prune = _add(verbs, "prune", "farm.prune:prune", "forget jobs that ended long ago")
    prune.add_argument(
        "--older-than", required=True, metavar="AGE", help="ended so long ago: 30d, 12h or 45m"
    )
    prune.add_argument("--logs", action="store_true", help="remove their logs, too")
    prune.add_argument("--dry-run", action="store_true", help="say what would go, forget nothing")
    prune.add_argument("--yes", action="store_true", help="do not ask")
    _json(prune)
    backup.add_argument("--force", action="store_true", help="replace FILE when it exists")
    _json(backup)
    _json(_add(commands, "env", "farm.env:env", "print what stock clients need to find the farm"))


if __name__ == "__main__":
    raise SystemExit(main())

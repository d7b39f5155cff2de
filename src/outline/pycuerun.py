"""The ``pycuerun`` command: execute one frame of a session, or launch or inspect an outline script.

Executing a frame is what happens 100,000 times a day, so that path imports nothing it can do without.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from outline.loader import Outline

_EXECUTE = ("-e", "--execute")
_TOLERATED = {"--debug", "-D", "--verbose", "-V", "--dev"}
_TOLERATED_WITH_VALUE = {"--version", "-v", "--repos", "-r", "--dev-user"}

_FLAGS = {
    "autoeat",
    "backend",
    "basename",
    "env",
    "facility",
    "log_dir",
    "maxretries",
    "nomail",
    "os",
    "pause",
    "priority",
    "server",
    "shot",
    "show",
    "test",
    "threads",
    "user",
    "wait",
}
"""Options that are flags of a launch under the same name."""

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        argv: Arguments without the program; those of the process by default.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    frame = _frame_request(arguments)
    try:
        return _execute(*frame) if frame is not None else _command(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _frame_request(arguments: list[str]) -> tuple[str, str] | None:
    """Return session and ``FRAME-LAYER`` when that is all the arguments ask for, else None."""
    target, places = None, []
    rest = iter(arguments)
    for each in rest:
        if each in _EXECUTE:
            target = next(rest, None)
        elif each.startswith("--execute="):
            target = each.partition("=")[2]
        elif each in _TOLERATED_WITH_VALUE:
            next(rest, None)
        elif each.startswith("-") and each not in _TOLERATED:
            return None
        elif each not in _TOLERATED:
            places.append(each)
    return (places[0], target) if target is not None and len(places) == 1 else None


def _execute(place: str, target: str) -> int:
    """Execute the chunk that a frame heads and return the exit status."""
    from outline.exception import OutlineException, ShellCommandFailureException

    number, layer = _split_target(target)
    if number is None:
        return _complain(f"-e {target!r} has to be FRAME-LAYER, such as 12-render", USAGE)
    try:
        from outline import config, pathmap

        path_map = config.path_map()
        _execute_frame(pathmap.map_text(place, path_map), layer, number)
    except ShellCommandFailureException as error:
        return _complain(str(error), error.exit_status)
    except OutlineException as error:
        return _complain(str(error), FAILED, traceback=True)
    except Exception:  # noqa: BLE001 - the layer's code may raise anything; this is the command's top
        return _complain("", FAILED, traceback=True)
    return OK


def _split_target(target: str) -> tuple[int | None, str]:
    """Return frame and layer of ``12-render`` or ``-5-render``."""
    sign = -1 if target.startswith("-") else 1
    number, dash, layer = target.lstrip("-").partition("-")
    if not dash or not layer or not number.isdecimal():
        return None, target
    return sign * int(number), layer


def _execute_frame(place: str, layer: str, number: int) -> None:
    from outline.loader import load_outline

    outline = load_outline(place)
    if outline.find_session() is None:
        outline.setup()
    outline.get_layer(layer).execute(number)


def _complain(message: str, status: int, *, traceback: bool = False) -> int:
    sys.stdout.flush()
    if traceback:
        import traceback as module

        module.print_exc()
    else:
        sys.stderr.write(f"pycuerun: {message}\n")
    return status


def _command(arguments: list[str]) -> int:
    """Launch, inspect or execute, with every option understood."""
    from outline.exception import OutlineException

    parser = _parser()
    options = parser.parse_args(_legacy(arguments))
    if options.script is None:
        parser.print_help()
        return FAILED
    try:
        _prepare(options)
        if options.execute:
            return _execute(options.script, options.execute)
        if options.inspect:
            return _inspect(options)
        return _launch(options)
    except OutlineException as error:
        return _complain(str(error), FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except Exception:  # noqa: BLE001 - the script may raise anything; this is the command's top
        return _complain("", FAILED, traceback=True)


def _legacy(arguments: list[str]) -> list[str]:
    """Return the arguments with PyOutline's two single-dash words spelled as options."""
    words = {"-retry": "-m", "-jobid": "-j"}
    return [words.get(each, each) for each in arguments]


def _parser() -> ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="pycuerun", description="Launch an outline script, or execute one of its frames."
    )
    parser.add_argument(
        "script", nargs="?", help="outline script, session directory or outline.yaml"
    )
    parser.add_argument("frames", nargs="?", metavar="range", help="frame range")
    _add_launch_options(parser)
    _add_job_options(parser)
    run = parser.add_argument_group("instead of launching")
    run.add_argument("-e", "--execute", metavar="FRAME-LAYER", help="execute one frame here")
    run.add_argument("-i", "--inspect", action="store_true", help="print the layers")
    return parser


def _add_launch_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("launch")
    group.add_argument(
        "-b", "--backend", help="engine to launch on: cue, or local to run it here and now"
    )
    group.add_argument("-T", "--threads", type=float, metavar="N", help="cores a local job may use")
    group.add_argument("--log-dir", metavar="DIR", help="where the logs of a local job go")
    group.add_argument("-s", "--server", help="Cuebot to launch on, HOST or HOST:PORT")
    group.add_argument("-F", "--facility", help="where the job runs")
    group.add_argument("-p", "--pause", action="store_true", help="launch paused")
    group.add_argument("-w", "--wait", action="store_true", help="return when the job has ended")
    group.add_argument("-t", "--test", action="store_true", help="wait, and fail when a frame dies")
    group.add_argument(
        "--raw", action="store_true", help="run commands directly, not through pycuerun"
    )
    group.add_argument("-V", "--verbose", action="store_true", help="say more")
    group.add_argument("-D", "--debug", action="store_true", help="say much more")
    group.add_argument("--dev", action="store_true", help="accepted for PyOutline's sake")
    group.add_argument("--dev-user", metavar="USER", help="accepted for PyOutline's sake")
    group.add_argument("-v", "--version", metavar="V", help="accepted for PyOutline's sake")
    group.add_argument("-r", "--repos", metavar="DIR", help="accepted for PyOutline's sake")


def _add_job_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("job")
    group.add_argument("-f", "--range", help="frame range; $FR by default")
    group.add_argument("--show", help="show")
    group.add_argument("--shot", help="shot")
    group.add_argument("-u", "--user", help="user")
    group.add_argument("-j", "--jobid", "--base-name", dest="basename", help="name of the job")
    group.add_argument("--priority", type=int, help="priority")
    group.add_argument("-m", "--maxretries", "--max-retries", type=int, help="retries of a frame")
    group.add_argument("-o", "--os", help="operating system a host must have")
    group.add_argument("--no-mail", action="store_true", dest="nomail", help="no mail at the end")
    group.add_argument("--autoeat", action="store_true", help="drop frames that fail")
    group.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="K=V",
        help="environment variable of the frames",
    )


def _prepare(options: Namespace) -> None:
    """Apply what has to be known before the script runs."""
    import os

    if options.shot:
        os.environ["SHOT"] = options.shot
    if options.show:
        os.environ["SHOW"] = options.show
    if options.verbose or options.debug:
        import logging

        logging.basicConfig(level=logging.DEBUG if options.debug else logging.INFO)


def _load(options: Namespace) -> Outline:
    import os

    from outline.loader import load_outline

    outline = load_outline(options.script)
    frames = (
        options.range
        or options.frames
        or (outline.get_frame_range() is None and os.environ.get("FR"))
    )
    if frames:
        outline.set_frame_range(frames)
    return outline


def _launch(options: Namespace) -> int:
    from outline import cuerun

    before = len(cuerun.launched)
    outline = _load(options)
    if len(cuerun.launched) > before and not outline.get_layers():
        jobs = [job for _, found in cuerun.launched[before:] for job in found]
    else:
        jobs = cuerun.launch(outline, use_pycuerun=not options.raw, **_flags(options))
    here = [job for job in jobs if hasattr(job, "is_success")]
    if here:
        return _report(here)
    print("Submitted the following jobs:")
    for job in jobs:
        print(f"    {job.name()}")
    return OK


def _report(jobs: list[Any]) -> int:
    """Say how jobs that ran here ended; return 7 when frames of one are dead."""
    from outline.backend import local_report

    for job in jobs:
        print(local_report.describe(job))
    return local_report.exit_status(jobs)


def _flags(options: Namespace) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(options).items()
        if name in _FLAGS and value not in (None, False, [])
    }


def _inspect(options: Namespace) -> int:
    outline = _load(options)
    print(f"{outline.get_full_name()}  {outline.get_frame_range() or ''}".rstrip())
    for layer in outline.get_layers():
        print(f"  {layer.get_name()}  {type(layer).__name__}  {layer.get_frame_range()}")
        for key, value in sorted(layer.get_args().items()):
            print(f"    {key}: {value!r}")
        for depend in layer.get_depends():
            print(f"    waits for {depend.get_depend_on_name()}: {depend.get_type()}")
    return OK


if __name__ == "__main__":
    sys.exit(main())

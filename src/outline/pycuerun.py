"""The ``pycuerun`` command: execute one frame of a session, or launch or inspect an outline script.

Executing a frame is what happens 100,000 times a day, so that path imports nothing it can do without.
"""

from __future__ import annotations

import gc
import sys
from os import environ

from outline._layer.streams import keep_stderr, let_through, put_back_stderr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline._commands.launching import Pycuerun
    from outline.exception import OutlineException
    from outline.layer import Layer

_EXECUTE = ("-e", "--execute")
_TOLERATED = {"--debug", "-D", "--verbose", "-V", "--dev"}
_TOLERATED_WITH_VALUE = {"--version", "-v", "--repos", "-r", "--dev-user"}

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
UNREACHABLE, ENVIRONMENT, NOT_FOUND, DENIED = 3, 4, 5, 6


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        argv: Arguments without the program; those of the process by default.
    """
    keep_stderr()
    arguments = list(sys.argv[1:] if argv is None else argv)
    frame = _frame_request(arguments)
    if frame is not None and _is_of_cuebot():
        _hand_over_output()
    try:
        return _execute(*frame) if frame is not None else _command(arguments)
    finally:
        _flush()


def _is_of_cuebot() -> bool:
    """Tell whether this is a frame of a stock Cuebot; a farm of ours names the run too."""
    return "CUE3" in environ and "CUELET_RUN_ID" not in environ


def _hand_over_output() -> None:
    """Go on in a process whose output arrives whole, where RQD would lose most of it."""
    from outline._layer import relay

    if relay.is_needed(environ):
        relay.stand_between()


def _flush() -> None:
    from outline.io import flush

    flush()


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
    gc.disable()  # until the layer is there: nothing that is imported or read is garbage
    try:
        return _execute_target(place, target)
    finally:
        gc.enable()


def _execute_target(place: str, target: str) -> int:
    from outline.exception import ShellCommandFailureException

    let_through()
    number, layer = _split_target(target)
    if number is None:
        return _complain(f"-e {target!r} has to be FRAME-LAYER, such as 12-render", USAGE)
    try:
        from outline import config, pathmap

        place = pathmap.map_text(place, config.path_map())
        if _is_of_cuebot():
            place = _enter_surroundings(place)
        _execute_frame(place, layer, number)
    except ShellCommandFailureException as error:
        return _complain(str(error), error.exit_status)
    except (KeyboardInterrupt, SystemExit):
        put_back_stderr()
        raise
    except BaseException as error:  # noqa: BLE001 - the layer's code may raise anything; this is the command's top
        return _show(error)
    return OK


def _enter_surroundings(place: str) -> str:
    """Go on in the directory and with the variables of the launch; return the session from there."""
    from os.path import abspath, dirname, isdir

    from outline._session.surroundings import enter

    place = abspath(place)
    enter(place if isdir(place) else dirname(place))
    return place


def _split_target(target: str) -> tuple[int | None, str]:
    """Return frame and layer of ``12-render`` or ``-5-render``."""
    sign = -1 if target.startswith("-") else 1
    number, dash, layer = target.removeprefix("-").partition("-")
    if not dash or not layer or not number.isdecimal():
        return None, target
    return sign * int(number), layer


def _execute_frame(place: str, layer: str, number: int) -> None:
    from outline._layer.arguments import require_head
    from outline.event import finish

    found = _load_layer(place, layer)
    gc.enable()
    require_head(found, number)
    finish(found.execute(number))


def _load_layer(place: str, layer: str) -> Layer:
    """Return a layer; this process is there for its frame from now on."""
    from outline._layer.current import become_frame
    from outline.loader import load_outline

    become_frame()
    if environ.get("CUELET_SET_ASIDE") or environ.get("CUELET_SET_ASIDE_BY_SCRIPT"):
        from outline.jobspec.environment import give_back

        give_back()
    outline = load_outline(place)
    if outline.find_session() is None:
        outline.setup()
    return outline.get_layer(layer)


def _names_of_script() -> dict[str, object]:
    """Return the names of the script in a process that a frame spawned: `multiprocessing` looks for them here."""
    request = _frame_request(sys.argv[1:])
    if request is None:
        return {}
    from outline import config, pathmap

    let_through()
    place, target = request
    _load_layer(pathmap.map_text(place, config.path_map()), _split_target(target)[1])
    held = vars(sys.modules["__main__"])
    return {name: each for name, each in held.items() if name not in _OF_A_MODULE} | {
        name: held.get(name) for name in ("__doc__", "__file__")
    }


_OF_A_MODULE = frozenset({"__name__", "__loader__", "__package__", "__spec__", "__builtins__"})


def _complain(message: str, status: int) -> int:
    _flush()
    put_back_stderr()
    sys.stderr.write(f"pycuerun: {message}\n")
    return status


def _show(error: BaseException) -> int:
    """Say what went wrong with the lines of the user's own files; where there are none it is ours, and all is shown."""
    from outline._stderr import usertrace
    from outline.exception import OutlineException

    restored = sys.modules.get("outline._restore.scriptmodule")
    if restored is not None:
        usertrace.show_as_launched(restored.sources())
    text = usertrace.user_traceback(error)
    if not text and isinstance(error, OutlineException):
        return _complain(str(error), FAILED)
    put_back_stderr()
    usertrace.write(text or usertrace.full_traceback(error))
    return FAILED


def _command(arguments: list[str]) -> int:
    """Launch, inspect or execute, with every option understood."""
    from outline._stderr import usertrace
    from outline.exception import JobFailedError, JobStillRunsError, OutlineException

    try:
        return _build_command().run(_legacy(arguments))
    except (JobFailedError, JobStillRunsError) as error:
        return _complain(str(error), error.exit_status)
    except OutlineException as error:
        put_back_stderr()
        usertrace.write(usertrace.syntax_lines(error.__cause__))
        return _complain(str(error), _own_status(error))
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except Exception as error:
        status = _farm_status(error)
        if status is not None:
            return _complain(str(error), status)
        text = usertrace.user_traceback(error)
        if not text:
            raise  # it is not the script's
        put_back_stderr()
        usertrace.write(text)
        return FAILED


def _own_status(error: OutlineException) -> int:
    """Return the exit status of an error of ours: no script, something of this machine, or the definition."""
    from os.path import exists

    from outline.exception import ConfigFileError, NoSessionError, ScriptError

    if isinstance(error, ScriptError) and not exists(str(error.fields["path"])):
        return NOT_FOUND
    is_local = isinstance(error, (NoSessionError, ConfigFileError))
    return ENVIRONMENT if is_local or isinstance(error.__cause__, OSError) else FAILED


def _farm_status(error: Exception) -> int | None:
    """Return the exit status of what kept a launch from a farm, or None when something else is wrong."""
    exception, config = map(sys.modules.get, ("opencue.exception", "opencue.config"))
    if config is not None and isinstance(error, config.ConfigError):
        return ENVIRONMENT
    if exception is None or not isinstance(error, exception.CueException):
        return None
    kinds = (
        (exception.FarmNotOursException, DENIED),
        (exception.PermissionDeniedException, DENIED),
        (exception.FarmNotStartedException, ENVIRONMENT),
        (exception.ConnectionException, UNREACHABLE),
        (exception.EntityNotFoundException, NOT_FOUND),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), FAILED)


def _legacy(arguments: list[str]) -> list[str]:
    """Return the arguments with PyOutline's two single-dash words spelled as options."""
    words = {"-retry": "-m", "-jobid": "-j"}
    return [words.get(each, each) for each in arguments]


def _build_command() -> Pycuerun:
    from outline._commands.launching import Pycuerun

    return Pycuerun(_execute)


if __name__ == "__main__":
    sys.exit(main())
elif __name__ == "__mp_main__":
    globals().update(_names_of_script())

"""The programs that Cuelet installs: what they all do about their streams, about Ctrl-C, and about what ends them early.

Nothing here is imported by a frame of the embedded farm. Only the standard library is imported before a program is,
so that a program whose modules another package has overwritten can say so.
"""

from __future__ import annotations

import codecs
import errno
import importlib
import io
import os
import sys

from cuelet import search_path

TYPE_CHECKING = False  # typing would cost every command 3 ms
if TYPE_CHECKING:
    from typing import Any

FAILED, USAGE, ENVIRONMENT, INTERRUPTED = 1, 2, 4, 130
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_DOCTOR = "doctor"
_SHOWN = "cuelet.shown"


def cuelet() -> int:
    """Run the ``cuelet`` command; return its exit status."""
    if sys.argv[1:2] == [_DOCTOR]:
        search_path.trust_only_installed()  # what it looks for must not be what it stumbles over
    return _run("cuelet", "cuelet.cli.main")


def cueadmin() -> int:
    """Run the ``cueadmin`` command; return its exit status."""
    return _run("cueadmin", "cueadmin.main")


def pycuerun() -> int:
    """Run the ``pycuerun`` command; return its exit status."""
    return _run("pycuerun", "outline.pycuerun")


def _run(program: str, module: str) -> int:
    """Run a program to its end, whatever ends it; return its exit status.

    Args:
        program: Its name, which begins every message.
        module: The module with its ``main``, which says of the program's own errors what they mean.
    """
    _open_streams()
    try:
        main = importlib.import_module(module).main
        search_path.require_ours()
        status = _status_of_exit(main)
        _require_written()
        return status
    except BaseException as error:
        message, status = _ending(error, program)
        if message is None:
            raise
        if message:
            sys.stderr.write(f"{program}: {message}\n")
        _drop_output()
        return status


def _status_of_exit(main: Any) -> int:
    """Return what ``main`` returns, or leaves with, as argparse does."""
    try:
        return int(main())
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
            return FAILED
        return int(leaving.code or 0)


def _ending(error: BaseException, program: str) -> tuple[str | None, int]:
    """Return the line and the exit status of what ended a program; no line at all for our own bugs."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # Whoever read us has enough; only cueadmin's reading flags lose nothing by that.
        return "", 0 if program == "cueadmin" else FAILED
    if _is_the_users(error):
        return None, FAILED
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object!r} is no text in UTF-8, as names have to be", USAGE
    if isinstance(error, MemoryError):
        return "out of memory; see ulimit -v", ENVIRONMENT
    if isinstance(error, OSError):
        return _words_of_os(error), ENVIRONMENT
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "no thread can be started; see ulimit -u and ulimit -v", ENVIRONMENT
    search_path.trust_only_installed()
    from cuelet import installation

    faults = installation.faults()
    if faults:
        return faults[0].text, ENVIRONMENT
    if isinstance(error, ImportError):
        return f"cannot load {error.name or 'a module'}: {error}; see cuelet doctor", ENVIRONMENT
    return None, FAILED


def _is_the_users(error: BaseException) -> bool:
    """Tell whether code of the user raised an error, or a library that it called; a file in place of a library counts not."""
    files, trace = [], error.__traceback__
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    for file in reversed(files):
        if search_path.is_ours(file):
            return False
        if not search_path.is_library(file):
            return not search_path.is_named_like_library(file)
    return False


def _words_of_os(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error is _failed_output():
        return f"cannot write the output: {reason}"
    if error.errno == errno.ENOENT and _is_nowhere():
        return "the current folder is gone; change to another"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        reason = f"{reason}; see ulimit -n"
    if error.errno == errno.EAGAIN:
        reason = f"no process can be started ({reason}); see ulimit -u"
    return reason if error.filename is None else f"{os.fsdecode(error.filename)}: {reason}"


def _is_nowhere() -> bool:
    """Tell whether the current folder is gone."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


class _Results(io.FileIO):
    """Where results are written, below every buffer: a failure is kept, as argparse swallows it."""

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write bytes, or raise OSError."""
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            raise


_results: list[_Results] = []
"""Where the results of this process go, once the streams are open."""


def _failed_output() -> OSError | None:
    """Return what a write of results ended with, or None."""
    return next((each.failure for each in _results if each.failure is not None), None)


def _require_written() -> None:
    """Raise OSError when some of the results did not get through."""
    sys.stdout.flush()
    failure = _failed_output()
    if failure is not None:
        raise failure


class _Lossy(io.TextIOWrapper):
    """Messages on stderr: where nobody can read them they are lost, and the work goes on."""

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Do nothing: every write has been a whole one."""


def _open_streams() -> None:
    """Make the standard streams what a program can rely on.

    A closed one is opened on nothing, as the next file that is opened would take its place; results that go there are
    an error, messages are lost. Text that the locale cannot show is shown otherwise instead of being an error.
    """
    for number, mode in ((_STDIN, os.O_RDONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, mode), True)
    if sys.stdin is None:
        sys.stdin = open(_STDIN, closefd=False)  # noqa: SIM115 - it is open as long as the process
    sys.stdout = _open_results(sys.stdout)
    encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
    raw: Any = io.FileIO(_STDERR, "w", closefd=False)
    sys.stderr = _Lossy(raw, encoding, "backslashreplace", write_through=True)


def _open_results(given: Any) -> io.TextIOWrapper:
    """Return stdout; a closed one has a descriptor that can only be read, so that a write is the error it should be."""
    codecs.register_error(_SHOWN, _shown)
    raw = _Results(_STDOUT, "w", closefd=False)
    _results.append(raw)
    if given is None:
        return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", _SHOWN)
    through = given.write_through
    buffer: Any = raw if through else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer, given.encoding, _SHOWN, line_buffering=given.line_buffering, write_through=through
    )


def _shown(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the bytes of a name that is no text, and a number in place of a character that the locale lacks."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


def _drop_output() -> None:
    """Keep what cannot be written from being tried again when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)

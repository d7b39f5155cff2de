"""Paths and file sequences that layers read and write, and the running of commands."""

from __future__ import annotations

import os
import re
import sys

from outline.exception import FileSpecException, ShellCommandFailureException
from outline.jobspec import tokens
from outline.jobspec.names import wire_name
from outline.util import FrameSet, range_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

NOT_FOUND = 127
"""Exit status for a program that does not exist, as shells have it."""
NOT_EXECUTABLE = 126
"""Exit status for a program that cannot be executed, as shells have it."""

# Patterns are compiled at first use: a frame that runs a plain list needs neither.
_SHELL_SYNTAX = r"[|&;<>()$`*?\[\]{}~!\n]|(?:^|\s)#|^\s*\w+="
_SEQUENCE = (
    r"(?P<base>.*?)\.(?=[-\d#@%])(?P<range>-?\d[\d,xy:-]*)?(?P<pad>[#@]*|%0?\d*d)(?P<ext>\.[^.]+)\Z"
)
_printed_maps: set[str] = set()


def has_frame_mark(path: str) -> bool:
    """Tell whether a path has a mark such as ``####`` where a `FileSpec` has its frame number."""
    match = re.match(_SEQUENCE, os.path.basename(path))
    return match is not None and bool(match["pad"])


class Path:
    """A path with attributes.

    Args:
        path: The path; ``~`` is the home directory.
        **attributes: ``checked``: it has to exist when a frame begins, and as an output to have content when it ends;
            ``min_bytes``: so much of it at least. ``mkdir``: an output's directory is made before the frame. Others
            are kept.
    """

    def __init__(self, path: Any, **attributes: Any) -> None:
        self._path = str(path) if isinstance(path, Path) else os.fspath(path)
        self._attributes: dict[str, Any] = {"checked": False, "mkdir": False, **attributes}

    def get_attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or ``default``."""
        return self._attributes.get(name, default)

    def set_attribute(self, name: str, value: Any) -> None:
        """Set an attribute."""
        self._attributes[name] = value

    def get_attributes(self) -> dict[str, Any]:
        """Return the attributes."""
        return self._attributes

    def mkdir(self) -> None:
        """Make the directory and those above it; fine when it is there.

        Raises:
            OSError: The system refused.
        """
        os.makedirs(here(self._path), exist_ok=True)

    def exists(self, frame_set: FrameSet | None = None) -> bool:
        """Tell whether the path exists."""
        return os.path.exists(here(self._path))

    def get_basename(self) -> str:
        """Return the last part."""
        return os.path.basename(self._path)

    def get_dirname(self) -> str:
        """Return everything before the last part."""
        return os.path.dirname(self._path)

    def get_ext(self) -> str:
        """Return the extension with its dot."""
        return os.path.splitext(self._path)[1]

    def get_path(self) -> str:
        """Return the path as text."""
        return self._path

    def get_size(self, frame_set: FrameSet | None = None) -> int:
        """Return the size in bytes; raises OSError when there is no such file."""
        return os.path.getsize(here(self._path))

    def __fspath__(self) -> str:
        return self._path

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._path!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, (Path, str)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._path)


class FileSpec(Path):
    """A sequence of files, such as ``/out/2k_lin/beauty.1-10####.exr``: one file per frame.

    Each ``#`` and each ``@`` stands for one digit, ``%04d`` is as in C; without any, a first frame number with leading
    zeros says how many digits there are.
    A file without content does not exist; attribute ``checkExt`` lists extensions to look for instead.

    Raises:
        FileSpecException: There is no frame mark between the name and the extension.
    """

    def __init__(self, path: Any, **attributes: Any) -> None:
        super().__init__(path, **attributes)
        if re.match(_SEQUENCE, os.path.basename(self._path)) is None:
            raise FileSpecException(
                f"file spec {self._path!r} has no frame mark; write it like /out/beauty.1-10####.exr"
            )

    def __reduce__(self) -> Any:
        if type(self) is FileSpec:
            return path_from_data, (path_to_data(self),)
        return super().__reduce__()

    def mkdir(self) -> None:
        """Make the directory of the files and those above it; raises OSError when the system refuses."""
        os.makedirs(here(self.get_dirname()), exist_ok=True)

    def _part(self, name: str) -> str:
        match = re.match(_SEQUENCE, os.path.basename(self._path))
        return (match[name] or "") if match else ""

    def get_basename(self) -> str:
        """Return the name in front of the frame number."""
        return self._part("base")

    def get_ext(self) -> str:
        """Return the extension with its dot."""
        return self._part("ext")

    def get_frame_set(self) -> FrameSet | None:
        """Return the frames written in the path, or None."""
        text = self._part("range")
        return FrameSet(text) if text else None

    def get_frame_path(self, num: int) -> str:
        """Return the path of one frame's file."""
        return os.path.join(self.get_dirname(), self._frame_name(num, self.get_ext()))

    def get_temp_frame_path(self, num: int, path: str | None = None) -> str:
        """Return the path of one frame's file in a temporary directory."""
        return os.path.join(path or _temp_dir(), self._frame_name(num, self.get_ext()))

    def get_temp_file_spec(self, path: str | None = None) -> str:
        """Return the path of the same sequence in a temporary directory, as text without frames."""
        name = f"{self.get_basename()}.{self._part('pad') or '#'}{self.get_ext()}"
        return os.path.join(path or _temp_dir(), name)

    def get_file_spec(self, fs: Any = None) -> str:
        """Return the path as text, with some frames written into it, or without any."""
        frames = "" if fs is None else range_text(fs)
        name = f"{self.get_basename()}.{frames}{self._part('pad') or '#'}{self.get_ext()}"
        return os.path.join(self.get_dirname(), name)

    def _frame_name(self, num: int, ext: str) -> str:
        return f"{self.get_basename()}.{num:0{self.get_digits()}d}{ext}"

    def get_digits(self) -> int:
        """Return how many digits a frame number has at least."""
        pad = self._part("pad")
        if pad.startswith("%"):
            return int(pad.strip("%d") or 0)
        first = re.match("0\\d+", self._part("range"))
        return len(pad) or (len(first[0]) if first else 1)

    def get_rep(self) -> str:
        """Return the representation: the directory the files are in."""
        return self._folder(-1)

    def get_res(self) -> str:
        """Return the resolution, of the ``<resolution>_<colour space>`` directory the files are in or below."""
        return self._marked_folder().split("_")[0]

    def get_colorspace(self) -> str:
        """Return the colour space, of the ``<resolution>_<colour space>`` directory the files are in or below."""
        return self._marked_folder().split("_")[1]

    def _marked_folder(self) -> str:
        for index in (-1, -2):
            if "_" in self._folder(index):
                return self._folder(index)
        raise FileSpecException(
            f"file spec {self._path!r} is in no directory such as 2k_lin, of resolution and colour space"
        )

    def get_element_dir(self) -> str:
        """Return the directory of the element, two above the files."""
        return os.path.dirname(self.get_dirname()) + os.sep

    def _folder(self, index: int) -> str:
        folders = [part for part in self.get_dirname().split(os.sep) if part]
        if len(folders) < -index:
            raise FileSpecException(f"file spec {self._path!r} has too few directories")
        return folders[index]

    def exists(self, frame_set: FrameSet | None = None) -> bool:
        """Tell whether every frame's file is there and has content."""
        frames = frame_set or self.get_frame_set() or ()
        return bool(frames) and all(self._find(number) is not None for number in frames)

    def get_size(self, frame_set: FrameSet | None = None) -> int:
        """Return the sum of the sizes in bytes of the files that are there."""
        found = (self._find(number) for number in frame_set or self.get_frame_set() or ())
        return sum(os.path.getsize(path) for path in found if path)

    def _find(self, number: int) -> str | None:
        for ext in [self.get_ext(), *(self.get_attribute("checkExt") or [])]:
            name = self._frame_name(number, ext if ext.startswith(".") else f".{ext}")
            path = os.path.join(self.get_dirname(), name)
            if os.path.exists(path) and os.path.getsize(path) > 0:
                return path
        return None


def path_to_data(path: Path) -> dict[str, Any]:
    """Return a path as plain data."""
    kind = "FileSpec" if isinstance(path, FileSpec) else "Path"
    return {"path": path.get_path(), "attributes": dict(path.get_attributes()), "kind": kind}


def path_from_data(data: Mapping[str, Any]) -> Path:
    """Return the path that `path_to_data` described."""
    kind = FileSpec if data["kind"] == "FileSpec" else Path
    return kind(data["path"], **data["attributes"])


def _temp_dir() -> str:
    import tempfile

    return tempfile.gettempdir()


def resolve(path: str) -> str:
    """Return the absolute path with symlinks followed."""
    return os.path.realpath(os.path.expanduser(path))


def prep_shell_command(
    cmd: Any, frame: int | None = None, known: Mapping[str, str] | None = None
) -> list[str]:
    """Return the argument list of a command, as PyOutline does.

    A list is taken as it is, each element one argument.
    Text is split like a shell would, or handed to ``/bin/sh -c`` as it is when it has shell syntax.
    `system` hands all text to a shell.

    Args:
        cmd: A list, or text.
        frame: Replaces the frame tokens.
        known: What each token stands for; by default found from ``frame`` and the environment.
    """
    argv = _argv(cmd, frame, known)
    if not isinstance(cmd, str) or not argv or re.search(_SHELL_SYNTAX, argv[-1]):
        return argv
    import shlex

    return shlex.split(argv[-1])


def _argv(cmd: Any, frame: int | None, known: Mapping[str, str] | None) -> list[str]:
    """Return what executes a command: text goes to a shell, as on a farm that runs the command itself."""
    if known is None:
        known = {} if frame is None else _values_of(frame)
    if not isinstance(cmd, str):
        return [tokens.replace(argument, known) for argument in as_arguments(cmd)]
    text = tokens.replace(cmd, known)
    if not text.strip():
        return []
    from outline.jobspec.shell import shell_argv

    return shell_argv(text)


def as_arguments(cmd: Sequence[Any]) -> list[str]:
    """Return the elements of a command as text; paths and numbers are taken too."""
    return [
        os.fsdecode(each) if isinstance(each, (bytes, os.PathLike)) else str(each) for each in cmd
    ]


_stands_for: Mapping[str, str] = {}
"""What tokens stand for in the command that a layer just runs."""


def run_with(known: Mapping[str, str], call: Callable[[], object]) -> None:
    """Call something whose commands for a frame take from here what tokens stand for.

    `outline.layer.Layer.system` cannot be told: it has PyOutline's parameters, and classes override it.
    """
    global _stands_for  # noqa: PLW0603 - one frame at a time is executed in a process
    before, _stands_for = _stands_for, known
    try:
        call()
    finally:
        _stands_for = before


def _values_of(frame: int) -> Mapping[str, str]:
    is_told = _stands_for.get("#IFRAME#") == str(frame)
    return _stands_for if is_told else _values_from_environment(frame)


def decides_itself(path: Path) -> bool:
    """Tell whether a path, or its class, says in its own way whether it is there."""
    return "exists" in vars(path) or type(path).exists not in (Path.exists, FileSpec.exists)


def _values_from_environment(frame: int) -> dict[str, str]:
    frames = FrameSet(os.environ.get("OL_LAYER_RANGE") or str(frame))
    layer = wire_name(os.environ.get("CUE_LAYER", "layer"))
    job = os.environ.get("CUE_JOB", "job")
    return tokens.values(frame=frame, frames=frames, chunk=len(frames), layer=layer, job=job)


def system(
    cmd: Any,
    ignore_error: bool = False,
    frame: int | None = None,
    known: Mapping[str, str] | None = None,
) -> int:
    """Run a command, its output going where ours goes, and return its exit status.

    Paths are mapped first; see `outline.config.path_map`.

    Args:
        cmd: A list run without a shell, or text for ``/bin/sh -c``.
        ignore_error: Return a status other than 0 instead of raising.
        frame: Replaces the frame tokens.
        known: What each token stands for.

    Raises:
        ShellCommandFailureException: The command failed, or could not be started.
    """
    argv = _mapped(_argv(cmd, frame, known))
    status, reason = _run(argv)
    if status and not ignore_error:
        raise ShellCommandFailureException(reason or _failure(argv, status), status)
    return status


def flush() -> None:
    """Write what standard output and error hold, unless somebody has closed them or taken them away."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError):
            continue


def here(path: str) -> str:
    """Return where a path lies on this machine: ``~`` expanded, prefixes mapped."""
    from outline import config, pathmap

    return pathmap.map_text(os.path.expanduser(path), config.path_map())


def _mapped(argv: list[str]) -> list[str]:
    from outline import config, pathmap

    path_map = config.path_map()
    for source, target in path_map.items():
        line = f"path map: {source} -> {target}\n"
        if line not in _printed_maps:
            _printed_maps.add(line)
            sys.stdout.write(line)
    return pathmap.map_argv(argv, path_map) if path_map else argv


def _run(argv: list[str]) -> tuple[int, str]:
    """Return the exit status of an argument list, 128 plus the signal when one ended it, and what the status does not say."""
    # signal.py makes enums of all signals, and every frame would pay for that
    from _signal import SIGPIPE, SIGXFSZ  # type: ignore[import-not-found] # built in, no stubs

    flush()
    try:
        # Python ignores these two signals; a command expects them as they are everywhere else.
        pid = os.posix_spawnp(argv[0], argv, os.environ, setsigdef=[SIGPIPE, SIGXFSZ])
    except (OSError, ValueError, IndexError) as error:
        return _not_started(argv, error)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return (status, "") if status >= 0 else (128 - status, _killed(argv, -status))


def _not_started(argv: list[str], error: OSError | ValueError | IndexError) -> tuple[int, str]:
    """Return the exit status that shells have for it, and the sentence."""
    from outline.jobspec.program import why_not

    if not isinstance(error, OSError):
        detail = (
            "is empty; give the layer a command"
            if not argv or not argv[0]
            else f"cannot be passed on: {error}"
        )
        return NOT_FOUND, f"the command {detail}"
    is_missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
    return (NOT_FOUND if is_missing else NOT_EXECUTABLE), why_not(argv, os.environ, error)


def _failure(argv: list[str], status: int) -> str:
    from outline.jobspec.endings import status_words

    path = f"; PATH is {os.environ.get('PATH', '')}" if status == NOT_FOUND else ""
    return f"command ended with status {status_words(status)}: {_shown(argv)}{path}"


def _killed(argv: list[str], number: int) -> str:
    from outline.jobspec.endings import signal_words

    return f"command ended by {signal_words(number)}: {_shown(argv)}"


def _shown(argv: list[str]) -> str:
    import shlex

    shown = shlex.join(argv)
    return shown if len(shown) <= 200 else shown[:197] + "..."

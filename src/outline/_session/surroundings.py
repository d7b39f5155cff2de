"""What of the launching shell travels in a session to hosts that start frames with an environment of their own.

A farm of ours starts frames as the launch was; RQD starts them in a scratch directory with its own variables. So a
launch on a Cuebot writes down its directory, its PATH, and the variables that ``keep_env`` of the settings names.
"""

from __future__ import annotations

import json
import os
import sys

from outline._session import SURROUNDINGS_FILE
from outline._session.folder import Folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any

MAX_BYTES = 4 << 20
_OF_HOST = (
    *("PATH", "PWD", "OLDPWD", "HOME", "USER", "LOGNAME", "SHELL", "SHLVL", "_", "MAIL", "TMPDIR"),
    *("DISPLAY", "HOSTNAME", "XDG_RUNTIME_DIR"),
    *("mcp", "show", "shot", "jobid", "jobhost", "frame", "zframe", "logfile", "maxframetime"),
)
"""What is true of one machine only, or said by RQD, even where a pattern would take it along."""
_OF_FRAME = ("CUE", "OL_LAYER_", "OL_BASE_")
"""How variables of a frame begin; those of ours, ``CUELET_``, too."""


def note(folder: str, cwd: str, env: Mapping[str, str], keep: str) -> None:
    """Write down what a launch passes on to its frames.

    Args:
        folder: The session.
        cwd: Directory of the launch; empty when it has none.
        env: Environment of the launch.
        keep: Names of variables with commas between, ``*`` and ``?`` standing for any characters.

    Raises:
        OSError: The system refused.
    """
    facts = {"version": 1, "cwd": cwd, "path": env.get("PATH", ""), "env": kept(env, keep)}
    text = json.dumps(facts)
    Folder(folder).write((SURROUNDINGS_FILE,), text.encode(), replace=True, sync=False)


def kept(env: Mapping[str, str], keep: str) -> dict[str, str]:
    """Return the variables that a launch passes on; see `note`."""
    patterns = [each.strip() for each in keep.split(",") if each.strip()]
    return {name: env[name] for name in sorted(env) if _is_kept(name, patterns)}


def _is_kept(name: str, patterns: list[str]) -> bool:
    from fnmatch import fnmatchcase

    if name in _OF_HOST or name.startswith(_OF_FRAME):
        return False
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def enter(folder: str) -> None:
    """Have this process go on as the launch was, as far as the host has what that names.

    Variables that the script sets come later, over these.

    Raises:
        SessionException: Somebody else can have written what the session says.
    """
    facts = _read(folder)
    if not facts:
        return
    from outline import config, pathmap

    path_map = config.path_map()
    os.environ.update(facts["env"])
    _extend_path(os.environ, pathmap.map_text(facts["path"], path_map))
    _go_to(pathmap.map_text(facts["cwd"], path_map))


def _read(folder: str) -> dict[str, Any]:
    """Return what was written down; nothing when that is not there, or none of this version."""
    if not os.path.exists(os.path.join(folder, SURROUNDINGS_FILE)):
        return {}
    try:
        facts = json.loads(Folder(folder).read((SURROUNDINGS_FILE,), MAX_BYTES))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) and facts.get("version") == 1 else {}


def _extend_path(env: MutableMapping[str, str], launched: str) -> None:
    """Add the folders of a PATH that are here and that nobody looks into yet, each on its side of the common ones."""
    own = env.get("PATH", os.defpath).split(os.pathsep)
    front, back = split_path(launched.split(os.pathsep), own)
    here = [*filter(_is_folder, front), *own, *filter(_is_folder, back)]
    env["PATH"] = os.pathsep.join(here)


def split_path(launched: list[str], own: list[str]) -> tuple[list[str], list[str]]:
    """Return what a launch looks through before, and after, the first folder that this host knows too."""
    known = next((at for at, each in enumerate(launched) if each in own), 0)
    new = [each for each in dict.fromkeys(launched) if each not in own]
    front = [each for each in new if launched.index(each) < known]
    return front, [each for each in new if each not in front]


def _is_folder(path: str) -> bool:
    return os.path.isabs(path) and os.path.isdir(path)


def _go_to(cwd: str) -> None:
    if not cwd:
        return
    try:
        os.chdir(cwd)
    except OSError as error:
        sys.stdout.write(
            f"note: the job was launched in {cwd}, which this host cannot enter "
            f"({error.strerror}); the frame starts in {os.getcwd()}\n"
        )

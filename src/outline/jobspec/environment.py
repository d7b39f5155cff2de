"""What the Python that executes frames has of variables that are meant for another Python, such as a DCC's.

With them it would not start, or look for its modules in the wrong place. They are set aside before it starts, and it
gives them back to what it starts itself.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN = (
    *("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR"),
    *("PYTHONINSPECT", "PYTHON_GIL", "__PYVENV_LAUNCHER__"),
)
"""Set aside wherever they come from: a script sets them for a command, which gets them."""
OF_LAUNCH = (
    *OWN,
    *("PYTHONSTARTUP", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTHONUTF8", "LD_LIBRARY_PATH"),
)
"""Set aside when they come with the environment of the launch; a script that sets one of the later ones means it."""


def _is_whole(value: str, least: int, most: int) -> bool:
    return (
        value.isascii() and value.isdecimal() and len(value) <= 10 and least <= int(value) <= most
    )


def _is_encoding(value: str) -> bool:
    """Tell whether a value such as ``utf-8:replace`` names an encoding of text, or none."""
    try:
        "".encode(value.partition(":")[0] or "utf-8")
    except (LookupError, ValueError):
        return False
    return True


_TAKES: Mapping[str, Callable[[str], bool]] = {
    "PYTHONHASHSEED": lambda value: value == "random" or _is_whole(value, 0, 2**32 - 1),
    "PYTHONINTMAXSTRDIGITS": lambda value: value == "0" or _is_whole(value, 640, 2**31 - 1),
    "PYTHONIOENCODING": _is_encoding,
    "PYTHONMALLOC": {
        *("default", "debug", "malloc", "malloc_debug", "pymalloc", "pymalloc_debug"),
    }.__contains__,
    "PYTHONTRACEMALLOC": lambda value: _is_whole(value, 0, 65535),
    "PYTHONUTF8": {"0", "1"}.__contains__,
    "PYTHON_CPU_COUNT": lambda value: value == "default" or _is_whole(value, 1, 2**31 - 1),
}
"""With which values of a variable every Python starts; with others it ends at once."""
IF_UNKNOWN = tuple(name for name in _TAKES if name not in OF_LAUNCH)
"""Set aside wherever they come from, when their value is one with which not every Python starts."""
ALL = (*OF_LAUNCH, *IF_UNKNOWN)

FROM_LAUNCH = "CUELET_SET_ASIDE"
"""Variable that holds what was set aside of the environment of the launch, as a JSON object."""
FROM_SCRIPT = "CUELET_SET_ASIDE_BY_SCRIPT"
"""The same of the variables of job and layer."""


def is_fit(env: Mapping[str, str], fits: Mapping[str, str]) -> bool:
    """Tell whether the Python of frames starts in an environment as it is.

    Args:
        env: The environment.
        fits: With which value of each variable it starts, empty for none; a variable that is not there may have any.
    """
    return all(_suits(name, env.get(name, value), value) for name, value in fits.items())


def _suits(name: str, value: str, fit: str) -> bool:
    return value == fit or (name in IF_UNKNOWN and (not value or _TAKES[name](value)))


def fit(env: Mapping[str, str], fits: Mapping[str, str], *, into: str) -> dict[str, str]:
    """Return an environment in which the Python of frames starts; see `is_fit`.

    Args:
        env: The environment.
        fits: With which value of each variable it starts.
        into: The variable that holds what is set aside.
    """
    made, aside = dict(env), {}
    for name, value in fits.items():
        if not _suits(name, made.get(name, value), value):
            aside[name] = made.pop(name)
            if value:
                made[name] = value
    return {**made, into: json.dumps(aside)} if aside else made


def fit_script(env: Mapping[str, str], fits: Mapping[str, str]) -> dict[str, str]:
    """Return variables of job and layer, as `fit` does."""
    own = {name: value for name, value in fits.items() if name in OWN or _is_fatal(name, env)}
    return dict(env) if is_fit(env, own) else fit(env, own, into=FROM_SCRIPT)


def _is_fatal(name: str, env: Mapping[str, str]) -> bool:
    """Tell whether a variable is there with a value with which a Python ends at once."""
    value = env.get(name, "")
    return bool(value) and name in _TAKES and not _TAKES[name](value)


def give_back() -> None:
    """Put what was set aside back into this process's environment, and have its modules found.

    Folders of a PYTHONPATH that the script has set come first, as they would have; those of the launch, which may be
    made for another Python, come behind our own.
    """
    import sys

    of_launch, of_script = (
        json.loads(os.environ.pop(each, "{}")) for each in (FROM_LAUNCH, FROM_SCRIPT)
    )
    os.environ.update({**of_launch, **of_script})
    if "PYTHONPATH" in of_script:
        sys.path[:0] = _usable(of_script["PYTHONPATH"])
    else:
        sys.path += _usable(of_launch.get("PYTHONPATH", ""))


def _usable(path: str) -> list[str]:
    folders = path.split(os.pathsep)
    return [each for each in folders if each and not _is_other_python(each)]


def _is_other_python(folder: str) -> bool:
    """Tell whether a folder is the standard library of a Python."""
    return os.path.exists(os.path.join(folder, "encodings", "__init__.py"))

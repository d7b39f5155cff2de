"""The Python that executes frames: which one it is, and in which environment it starts."""

from __future__ import annotations

import os
import re
import sys

from outline.jobspec.environment import ALL


def python_executable() -> str:
    """Return the Python that executes frames.

    ``$CUELET_PYTHON``, else ``python`` of outline.cfg, else this one; inside an application that merely embeds Python,
    the interpreter of its installation, else ``python3``.
    """
    from outline import config

    chosen = os.environ.get("CUELET_PYTHON") or config.get_option("python")
    if chosen:
        return chosen
    here = sys.executable or ""
    if re.search(r"py(thon)?[\d.]*(\.exe)?$|^hython", os.path.basename(here)):
        return here
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (
        os.path.join(sys.exec_prefix, "bin", each) for each in (name, "mayapy", "python3")
    ):
        if os.access(candidate, os.X_OK):
            return candidate
    return "python3"


def fitting_environment(python: str) -> dict[str, str]:
    """Return with which value of each variable for Pythons the one that executes frames starts; empty for none.

    This very Python has shown that it starts with what it was started with. Of another one we know nothing, but that
    it has to find us: where PYTHONPATH leads to this package, it does so there too.
    """
    if not is_this(python):
        return dict.fromkeys(ALL, "") | {"PYTHONPATH": _our_folder()}
    began = {} if sys.flags.ignore_environment else _environment_at_start()
    # with PYTHONINSPECT a Python starts, but it does not end with the exit status it should
    return {name: began.get(name, "") for name in ALL} | {"PYTHONINSPECT": ""}


def is_this(python: str) -> bool:
    """Tell whether a path is that of the Python that runs here."""
    here = sys.executable
    return bool(here) and (python == here or os.path.realpath(python) == os.path.realpath(here))


def _environment_at_start() -> dict[str, str]:
    """Return the variables of ALL that this process was started with, whatever it has changed since."""
    try:
        with open("/proc/self/environ", "rb") as file:
            pairs = (each.partition(b"=") for each in file.read().split(b"\0"))
            return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
    except OSError:
        return {}


def _our_folder() -> str:
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return folder if folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) else ""

"""Checks of what is installed: versions, modules found in place of Cuelet's, commands on PATH."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import cuelet
from cuelet import installation
from cuelet.cli.doctor.checkup import Checkup
from cuelet.installation import Fault
from cuelet.search_path import NEEDED, OURS

_COMMANDS = ("cuelet", "cueadmin", "pycuerun")


def packages(faults: Sequence[Fault]) -> Iterator[Checkup]:
    """Yield what is installed.

    Args:
        faults: What is found in place of what should be.
    """
    yield Checkup("ok", "cuelet", f"{cuelet.__version__} in {Path(cuelet.__file__).parent}")
    yield Checkup("ok", "python", f"{platform.python_version()} {sys.executable}")
    for name in NEEDED.values():
        yield _version(name)
    yield from (Checkup("error", fault.what, fault.text) for fault in faults)
    yield from (Checkup("warning", fault.what, fault.text) for fault in installation.claims())
    yield from _modules({fault.what for fault in faults})
    yield from _shadows_here({fault.what for fault in faults})
    yield from _commands()


def _version(name: str) -> Checkup:
    try:
        return Checkup("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Checkup("error", name, f"is not installed; pip install {name}")


def _modules(faulty: set[str]) -> Iterator[Checkup]:
    """Say where the packages are that Cuelet brings; what is wrong with one has been said."""
    for name in OURS[:3]:
        if name not in faulty and (installation.HOME / name / "__init__.py").exists():
            yield Checkup("ok", name, str(installation.HOME / name))


def _shadows_here(faulty: set[str]) -> Iterator[Checkup]:
    """Warn of files in this folder that scripts in it would import in place of libraries."""
    try:
        here = os.getcwd()
    except OSError:
        yield Checkup("warning", "current folder", "is gone; change to another")
        return
    for fault in installation.shadows_in(here):
        if fault.what not in faulty:
            yield Checkup(
                "warning", fault.what, f"{fault.problem} by scripts in this folder: rename it"
            )


def _commands() -> Iterator[Checkup]:
    here = Path(sys.executable).parent
    for command in _COMMANDS:
        found = shutil.which(command)
        if found is None:
            yield Checkup("warning", command, f"is not on PATH; add {here}")
        elif Path(found).parent != here:
            yield Checkup("warning", command, f"on PATH is {found}, not the one in {here}")
        else:
            yield Checkup("ok", command, found)

"""``cuelet doctor``: versions, paths, permissions, and packages that shadow ours."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata, util
from pathlib import Path

import cuelet
import opencue
from cuelet.cli.exits import Exit
from cuelet.pasting import pasteable
from cuelet.settings import default_state_dir

_STOCK = {
    "opencue-pyoutline": "outline",
    "opencue-pycue": "opencue",
    "opencue-cueadmin": "cueadmin",
}
_COMMANDS = ("cuelet", "cueadmin", "pycuerun")


@dataclass(frozen=True, slots=True)
class Checkup:
    """One line of the doctor's report."""

    level: str
    """ok, warning or error."""
    what: str
    detail: str


def doctor(options: argparse.Namespace) -> int:
    """Print findings; exit 4 when one is an error."""
    findings = list(_findings())
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(f"{finding.level:8} {finding.what:18} {finding.detail}")
    return Exit.ENVIRONMENT if any(f.level == "error" for f in findings) else Exit.OK


def _findings() -> Iterator[Checkup]:
    yield Checkup("ok", "cuelet", f"{cuelet.__version__} in {Path(cuelet.__file__).parent}")
    yield Checkup("ok", "python", f"{platform.python_version()} {sys.executable}")
    for name in ("grpcio", "protobuf", "opencue-proto", "PyYAML", "cloudpickle", "rich"):
        yield _version(name)
    yield from _shadows()
    yield from _imports()
    yield from _commands()
    yield _folder("state", default_state_dir())
    yield _folder("sessions", Path(os.path.expanduser("~/.opencue/sessions")))
    yield _cuebot()
    yield _farm()


def _version(name: str) -> Checkup:
    try:
        return Checkup("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Checkup("error", name, f"is not installed; pip install {name}")


def _shadows() -> Iterator[Checkup]:
    """Warn of stock packages that install the same module names over ours."""
    for package, module in _STOCK.items():
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
        yield Checkup(
            "error",
            package,
            f"{version} is installed here too and shadows Cuelet's {module!r}: "
            f"pip uninstall {package}, then pip install --force-reinstall cuelet "
            "(or keep it in an environment of its own)",
        )


def _imports() -> Iterator[Checkup]:
    """Check that the three modules are the ones Cuelet brings."""
    home = Path(cuelet.__file__).resolve().parent.parent
    for module in _STOCK.values():
        spec = util.find_spec(module)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or home not in origin.parents:
            yield Checkup("error", module, f"is imported from {origin}, not from {home}")
        else:
            yield Checkup("ok", module, str(origin.parent))


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


def _folder(what: str, folder: Path) -> Checkup:
    """Check that a folder is ours alone and has room."""
    if not folder.exists():
        return Checkup("ok", what, f"{folder} (made when first needed)")
    stat = folder.stat()
    if stat.st_uid != os.getuid():
        return Checkup("error", what, f"{folder} belongs to uid {stat.st_uid}")
    if stat.st_mode & 0o022:
        return Checkup(
            "warning",
            what,
            f"{folder} can be written by others; {pasteable('chmod', 'go-w', folder)}",
        )
    free_gb = shutil.disk_usage(folder).free / 1e9
    level = "warning" if free_gb < 1 else "ok"
    return Checkup(level, what, f"{folder}, {free_gb:.0f} GB free")


def _cuebot() -> Checkup:
    hosts = os.environ.get("CUEBOT_HOSTS")
    if hosts:
        return Checkup("ok", "CUEBOT_HOSTS", f"{hosts}: jobs go there, not to the embedded farm")
    return Checkup("ok", "CUEBOT_HOSTS", "not set: jobs go to the embedded farm of this machine")


def _farm() -> Checkup:
    try:
        info = opencue.farm.is_running()
    except opencue.CueException as error:
        return Checkup("error", "farm", str(error))
    if info is None:
        return Checkup("ok", "farm", "not running; it starts when first needed")
    detail = f"{info['address']}, process {info['pid']}, version {info['version']}"
    if info["version"] != cuelet.__version__:
        remedy = "cuelet farm stop, then cuelet farm start"
        return Checkup("warning", "farm", f"{detail}; this is {cuelet.__version__}: {remedy}")
    return Checkup("ok", "farm", detail)

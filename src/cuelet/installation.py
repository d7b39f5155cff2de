"""Whether Python finds the modules that Cuelet brought and needs, or others in their place.

OpenCue's own packages install modules of the same names, and a file of a user may have the name of a library.
Only the standard library is imported: this works where nothing else does.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

from cuelet import search_path
from cuelet.search_path import NEEDED, OURS

HOME = Path(search_path.HOME)
"""The folder that holds all of ours."""
_REINSTALL = "pip install --force-reinstall --no-deps cuelet"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is found in place of what should be."""

    what: str
    """The package or module."""
    problem: str
    remedy: str

    @property
    def text(self) -> str:
        """Both in one sentence."""
        return f"{self.problem}: {self.remedy}"


def faults() -> list[Fault]:
    """Return what keeps commands from working, in the order in which it is best mended."""
    return [*_lost_files(), *_shadowed(search_path.given())]


def is_usable() -> bool:
    """Tell whether Cuelet's own modules are found where libraries are installed, and are whole."""
    path = search_path.trusted()
    found = (_origin(name, path) for name in OURS)
    return not list(_lost_files()) and all(
        file is not None and search_path.is_ours(str(file)) for file in found
    )


def claims() -> list[Fault]:
    """Return the packages that share files with Cuelet, where those are Cuelet's still."""
    lost = {fault.what for fault in _lost_files()}
    return [
        Fault(
            each.name,
            f"{each.name} {each.version} installed files of the same names, which are Cuelet's now",
            f"once it is uninstalled they are gone, and have to be put back with {_REINSTALL}",
        )
        for each in _claimants(_installed_files())
        if each.name not in lost
    ]


def shadows_in(folder: str) -> list[Fault]:
    """Return the files of a folder that scripts beside them would find in place of libraries."""
    return [] if search_path.is_home(folder) else list(_shadowed([folder, *search_path.trusted()]))


# Files that other packages overwrote or took along.


@dataclass(frozen=True, slots=True)
class _Claimant:
    """A package that installed files of ours."""

    name: str
    version: str
    files: frozenset[str]


def _lost_files() -> Iterator[Fault]:
    ours = _installed_files()
    gone = {name for name, file in ours.items() if not file.path.exists()}
    changed = {name for name, file in ours.items() if name not in gone and file.is_changed()}
    claimants = [each for each in _claimants(ours) if each.files & changed]
    remedy = f"pip uninstall {' '.join(each.name for each in claimants)}, then {_REINSTALL}"
    for each in claimants:
        overwritten = _files(sorted(each.files & changed, key=_by_weight))
        yield Fault(
            each.name, f"{each.name} {each.version} overwrote {overwritten} of Cuelet", remedy
        )
    if gone and not claimants:
        lost = _files(sorted(gone, key=_by_weight))
        are = "are" if len(gone) > 1 else "is"
        problem = f"{lost} of Cuelet {are} gone, as after another package was uninstalled"
        yield Fault("cuelet", problem, _REINSTALL)


def _by_weight(name: str) -> tuple[bool, int, str]:
    """Sort the file that is a package itself first, in the order of the packages."""
    top = name.partition("/")[0]
    return not name.endswith("/__init__.py"), OURS.index(top) if top in OURS else len(OURS), name


def _files(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more files" if len(names) > 1 else ""
    return f"{names[0]}{more}"


@dataclass(frozen=True, slots=True)
class _File:
    """A file of ours, as an installer noted it."""

    path: Path
    digest: str

    def is_changed(self) -> bool:
        """Tell whether it holds something else now."""
        found = hashlib.sha256(self.path.read_bytes()).digest()
        return base64.urlsafe_b64encode(found).rstrip(b"=").decode() != self.digest


def _installed_files() -> dict[str, _File]:
    """Return the files that an installer noted for Cuelet; only the commands where Cuelet runs from its sources."""
    try:
        files = metadata.distribution("cuelet").files or []
    except metadata.PackageNotFoundError:
        return {}
    return {
        each.as_posix(): _File(Path(each.locate()), each.hash.value)
        for each in files
        if each.hash is not None and each.hash.mode == "sha256" and _is_shared(each.as_posix())
    }


def _is_shared(name: str) -> bool:
    """Tell whether other packages may have a file of that name: in packages of ours, or a command."""
    top = name.partition("/")[0]
    return top in OURS or os.path.basename(os.path.dirname(name)) == "bin"


def _claimants(ours: Mapping[str, _File]) -> list[_Claimant]:
    """Return the other packages in the folder that Cuelet is installed in which have files of ours."""
    if not ours:
        return []
    place = metadata.distribution("cuelet").locate_file("")
    packages = metadata.distributions(path=[str(place)])
    found = (_claimant(each, ours) for each in packages)
    return sorted(
        (each for each in found if each.files and each.name != "cuelet"), key=lambda each: each.name
    )


def _claimant(package: metadata.Distribution, ours: Mapping[str, _File]) -> _Claimant:
    files = frozenset(each.as_posix() for each in package.files or ()) & ours.keys()
    return _Claimant(_name_of(package), package.version, files)


def _name_of(package: metadata.Distribution) -> str:
    return package.metadata["Name"].replace("_", "-").lower()


# Modules that are found elsewhere.


def _shadowed(path: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault for every module that is found elsewhere than it should be, if modules are sought on a path."""
    trusted = search_path.trusted()
    for name in OURS:
        yield from _found_elsewhere(name, path, [str(HOME)], f"Cuelet's {name}")
    for name, package in NEEDED.items():
        yield from _found_elsewhere(name, path, trusted, f"the one of {package}")
    front = [each for each in path if each not in trusted]
    for name in sorted(_names_in(front) & sys.stdlib_module_names):
        yield from _found_elsewhere(name, path, trusted, "Python's own")


def _names_in(folders: Sequence[str]) -> set[str]:
    """Return the modules that lie in folders."""
    found: set[str] = set()
    for folder in folders:
        try:
            found |= {name.partition(".")[0] for name in os.listdir(folder or os.curdir)}
        except OSError:
            continue
    return found


def _found_elsewhere(
    name: str, path: Sequence[str], proper: Sequence[str], whose: str
) -> Iterator[Fault]:
    found, wanted = _origin(name, path), _origin(name, proper)
    if found is None or found == wanted or not (wanted or _is_folder(name, proper)):
        return
    owner = _owner_of(found)
    if owner:
        remedy = f"pip uninstall {owner}"
        yield Fault(name, f"{found} of {owner} is found in place of {whose}", remedy)
    else:
        remedy = "rename it, or take its folder off the path (PYTHONPATH)"
        yield Fault(name, f"{found} is found in place of {whose}", remedy)


def _origin(name: str, path: Sequence[str]) -> Path | None:
    """Return the file that a module would come from; None when there is none, or only a folder without one."""
    top, _, rest = name.partition(".")
    spec = PathFinder.find_spec(top, list(path))
    if spec is not None and rest and spec.submodule_search_locations is not None:
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations)) or spec
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    return Path(spec.origin).resolve()


def _is_folder(name: str, path: Sequence[str]) -> bool:
    """Tell whether a module is a folder without a file of its own, which any file of its name goes before."""
    spec = PathFinder.find_spec(name.partition(".")[0], list(path))
    return spec is not None and not spec.has_location


def _owner_of(file: Path) -> str:
    """Return the package that installed a module's file, in its folder's records."""
    for home in (file.parent.parent, file.parent):
        name = file.relative_to(home).as_posix()
        for package in metadata.distributions(path=[str(home)]):
            if any(each.as_posix() == name for each in package.files or ()):
                return _name_of(package)
    return ""

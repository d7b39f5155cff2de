"""What one process requires from version repositories, and the finder that imports it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, ClassVar


class VersionsException(Exception):
    """A repository cannot be used.

    Args:
        path: The directory that was named.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"versions repository {path!r} is no directory")


class Settings:
    """Where the repositories are."""

    repos_path: ClassVar[str] = ""
    """The repository of every module without one of its own."""
    module_repos: ClassVar[dict[str, str]] = {}
    """The repositories of single modules."""

    @classmethod
    def set_repos(cls, path: str) -> None:
        """Set the repository of every module; raises VersionsException."""
        cls.repos_path = _directory(path)

    @classmethod
    def set_module_repos(cls, module: str, path: str) -> None:
        """Set the repository of one module; raises VersionsException."""
        cls.module_repos[module] = _directory(path)


def _directory(path: str) -> str:
    if not os.path.isdir(path):
        raise VersionsException(path)
    return path


class Session:
    """The versions this process required."""

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}
        self._packages: dict[str, str] = {}

    def require(self, module: str, version: str) -> bool:
        """Make a version importable; see `outline.versions.require`."""
        repository = Settings.module_repos.get(module, Settings.repos_path)
        folder = os.path.join(repository, module, version)
        if not repository or module in self._versions or not os.path.isdir(folder):
            return False
        if os.path.isfile(os.path.join(folder, "__init__.py")):
            self._packages[module] = folder
            self._install()
        elif not _run_manifest(os.path.join(folder, "manifest.py")):
            return False
        self._versions[module] = version
        return True

    def unrequire(self, module: str) -> bool:
        """Forget a version; see `outline.versions.unrequire`."""
        self._packages.pop(module, None)
        return self._versions.pop(module, None) is not None

    def get_version(self, module: str, default: str = "latest") -> str:
        """Return the required version of a module, or ``default``."""
        return self._versions.get(module, default)

    def get_ver_str(self) -> str:
        """Return every requirement as ``module:version``, commas between."""
        return ",".join(f"{module}:{version}" for module, version in self._versions.items())

    def is_module_loaded(self, name: str) -> bool:
        """Tell whether a version of the module is required."""
        return name in self._versions

    def get_path(self) -> str:
        """Return empty text: required modules are imported from where they are, nothing is linked."""
        return ""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import a required package; Python's import asks."""
        folder = self._packages.get(name)
        if folder is None:
            return None
        from importlib.util import spec_from_file_location

        start = os.path.join(folder, "__init__.py")
        return spec_from_file_location(name, start, submodule_search_locations=[folder])

    def _install(self) -> None:
        finders: list[Any] = sys.meta_path
        if self not in finders:
            finders.insert(0, self)


def _run_manifest(path: str) -> bool:
    """Execute a manifest; return False when there is none."""
    if not os.path.isfile(path):
        return False
    import runpy

    runpy.run_path(path, run_name="manifest")
    return True

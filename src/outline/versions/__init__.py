"""Versions of modules that live in a repository: ``<repository>/<module>/<version>``.

Nothing happens at import; the first `require` teaches Python where to find what was required.
May import: the standard library.
Add: nothing without a name that PyOutline has: scripts use this by PyOutline's documents.
"""

from __future__ import annotations

from outline.versions.session import Session, Settings, VersionsException

__all__ = [
    "VersionsException",
    "get_repos",
    "get_session",
    "get_version",
    "require",
    "set_module_repos",
    "set_repos",
    "unrequire",
]

_session = Session()


def get_session() -> Session:
    """Return what this process has required."""
    return _session


def require(module: str, version: str = "latest") -> bool:
    """Make ``import <module>`` load a version of the repository.

    A version is a package (it has ``__init__.py``) or a manifest (``manifest.py``, which is executed).

    Returns:
        False when there is no repository, no such version, or a version is required already.
    """
    return _session.require(module, version)


def unrequire(module: str) -> bool:
    """Take a requirement back; what was imported stays imported. Return False when there was none."""
    return _session.unrequire(module)


def get_version(module: str, default: str = "latest") -> str:
    """Return the required version of a module, or ``default``."""
    return _session.get_version(module, default)


def set_repos(path: str) -> bool:
    """Set the repository; raises VersionsException when there is no such directory."""
    Settings.set_repos(path)
    return True


def get_repos() -> str:
    """Return the repository, or empty text when none is set."""
    return Settings.repos_path


def set_module_repos(module: str, path: str) -> None:
    """Set the repository of one module; raises VersionsException when there is no such directory."""
    Settings.set_module_repos(module, path)

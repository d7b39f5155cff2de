"""The functions of `outline.versions`, where PyOutline keeps them."""

from __future__ import annotations

from outline.versions import (
    get_repos,
    get_session,
    get_version,
    require,
    set_module_repos,
    set_repos,
    unrequire,
)
from outline.versions.session import Session, Settings, VersionsException

__all__ = [
    "Session",
    "Settings",
    "VersionsException",
    "get_repos",
    "get_session",
    "get_version",
    "require",
    "set_module_repos",
    "set_repos",
    "unrequire",
]

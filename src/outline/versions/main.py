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
from outline.versions.session import VersionsException

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

"""Find jobs, layers, frames and hosts on a render farm, and act on them.

The farm is the Cuebot named by ``CUEBOT_HOSTS`` or a user ``opencue.yaml``; with nothing
configured it is the embedded farm of this user, started when it is not running.
Importing this package is cheap: gRPC and the message classes load on first use.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # fmt: skip
    from opencue import (
        api,
        compiled_proto,
        config,
        cuebot,
        exception,
        farm,
        search,
        util,
        why,
        wrappers,
    )
    from opencue.api import *  # noqa: F403 - opencue.findJob and friends, as scripts try them
    from opencue.cuebot import Cuebot
    from opencue.exception import CueException, EntityNotFoundException
    from opencue.util import id, logPath, proxy, rep  # noqa: A004 - pycue's name

__all__ = [
    "CueException", "Cuebot", "EntityNotFoundException", "api", "compiled_proto", "config",
    "cuebot", "exception", "farm", "id", "logPath", "proxy", "rep", "search", "util", "why",
    "wrappers",
]  # fmt: skip

__distribution__ = "cuelet"
"""By this Cuelet knows its own packages from OpenCue's of the same names."""

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # errors come as exceptions, not also on stderr

_SUBMODULES = frozenset(
    {
        "api", "compiled_proto", "config", "cuebot", "exception", "farm", "search", "util",
        "version", "why", "wrappers",
    }
)  # fmt: skip
_HOMES = ("cuebot", "exception", "util", "api")


def __getattr__(name: str) -> Any:
    """Load the submodule, or the name from the submodule it lives in, on first use."""
    if name in _SUBMODULES:
        return importlib.import_module(f"opencue.{name}")
    if not name.startswith("_"):
        for home in _HOMES:
            module = importlib.import_module(f"opencue.{home}")
            if name in module.__all__:
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module 'opencue' has no attribute {name!r}")


def __dir__() -> list[str]:
    names = {name for home in _HOMES for name in importlib.import_module(f"opencue.{home}").__all__}
    return sorted(names | _SUBMODULES)

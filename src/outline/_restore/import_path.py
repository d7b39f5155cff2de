"""Where modules are looked for: which entries a launch has of its own, and how a frame comes to have them."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def own() -> list[str]:
    """Return the sys.path entries that Python does not have by itself: modules beside the script are there."""
    asked = *sys.path, os.getcwd()
    if _answered.get("asked") != asked:  # a launch of many layers asks for each
        _answered.update(asked=asked, own=tuple(_own()))
    return [str(entry) for entry in _answered["own"]]


_answered: dict[str, tuple[str, ...]] = {}


def _own() -> list[str]:
    entries = (os.path.abspath(entry or os.curdir) for entry in sys.path)
    installed = _installed()
    own = (entry for entry in entries if entry not in installed and os.path.isdir(entry))
    return list(dict.fromkeys(own))


def _installed() -> set[str]:
    """Return the entries that every process of this Python has: its library, and where packages are installed."""
    import sysconfig

    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places.add(os.path.dirname(os.__file__))
    site = sys.modules.get("site")
    if site is not None:
        places |= {*site.getsitepackages(), site.getusersitepackages()}
    found = {os.path.abspath(place) for place in places if place}
    return found | {os.path.join(place, "lib-dynload") for place in found}


def extend(entries: Iterable[str]) -> None:
    """Make modules importable that were at launch, wherever their directory is on this host."""
    from outline import config, pathmap

    path_map = config.path_map()
    mapped = [pathmap.map_text(entry, path_map) for entry in entries]
    sys.path[:0] = [entry for entry in mapped if entry not in sys.path]

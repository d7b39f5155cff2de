"""Checks of outline.cfg and opencue.yaml: whether they can be read, and what in them means nothing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator

from cuelet.cli.doctor.checkup import Checkup
from opencue import config as opencue_config
from outline import config as outline_config
from outline.backend import BACKENDS
from outline.exception import OutlineException

_LAYER_CLASSES = (
    *("Layer", "Frame", "LayerPreProcess", "LayerPostProcess", "OutlinePostCommand"),
    *("Shell", "ShellCommand", "ShellScript", "ShellSequence", "ShellToRange"),
)
_PLUGIN_KEYS = ("module", "enable", "priority")
_SECTIONS = ("outline", "path_map", *_LAYER_CLASSES)
_OWN_VARIABLES = (
    *("CUELET_STATE_DIR", "CUELET_PYTHON", "CUELET_PATH_MAP", "CUELET_CHECKED_OUTPUTS"),
    *("CUELET_RUN_ID", "CUELET_RUNNER", "CUELET_MEMORY_POLICY", "CUELET_MEMORY_FACTOR"),
    *("CUELET_CGROUP",),
)


def configuration() -> Iterator[Checkup]:
    """Yield what is wrong with the files, or that they are well."""
    yield from _outline_cfg()
    yield from _opencue_yaml()
    yield from _variables()


def _outline_cfg() -> Iterator[Checkup]:
    what, paths = "outline.cfg", outline_config.config_files()
    if not paths:
        yield _no_file(what, outline_config.VARIABLES)
        return
    try:
        parser = outline_config.read_config_from_disk()
    except OutlineException as error:
        yield Checkup("error", what, str(error))
        return
    found = []
    for section in parser.sections():
        found += _section(section, parser.options(section))
    backend = parser.get("outline", "backend")
    if backend not in BACKENDS:
        found.append(f"[outline] backend is {backend!r}; there are: {', '.join(BACKENDS)}")
    yield from _report(what, ", ".join(paths), found)


def _section(section: str, keys: Iterable[str]) -> list[str]:
    """Return what of a section means nothing."""
    if section == "outline":
        return _unknown("[outline]", "key", keys, tuple(outline_config.defaults()))
    if section.startswith("plugin:"):
        return _unknown(f"[{section}]", "key", keys, _PLUGIN_KEYS)
    if section in _SECTIONS:
        return []
    near = _near(section, (*_SECTIONS, "plugin:NAME"))
    if not near and section.isidentifier() and section[:1].isupper():
        return []  # defaults of a layer class of the site's own
    return [f"no section [{section}] is known" + (f"; did you mean [{near}]?" if near else "")]


def _unknown(place: str, kind: str, names: Iterable[str], known: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        if name not in known:
            near = _near(name, known)
            hint = f"did you mean {near}?" if near else f"there are: {', '.join(sorted(known))}"
            found.append(f"{place} no {kind} {name!r} is known; {hint}")
    return found


def _near(name: str, known: Iterable[str]) -> str:
    folded = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return folded[near[0]] if near else ""


def _opencue_yaml() -> Iterator[Checkup]:
    what, path = "opencue.yaml", opencue_config.user_file()
    if path is None:
        yield _no_file(what, opencue_config.FILE_VARIABLES)
        return
    try:
        content = opencue_config.load_config_from_file()
    except opencue_config.ConfigError as error:
        yield Checkup("error", what, str(error))
        return
    keys = [str(key) for key in content]
    yield from _report(what, str(path), _unknown("", "key", keys, tuple(opencue_config.DEFAULTS)))


def _no_file(what: str, variables: Iterable[str]) -> Checkup:
    """Judge that there is no file: an error where a variable names one."""
    named = next((os.environ[each] for each in variables if os.environ.get(each)), "")
    if named:
        return Checkup("error", what, f"there is no file {named}")
    return Checkup("ok", what, "none; every setting has its default")


def _variables() -> Iterator[Checkup]:
    """Warn of variables that look like Cuelet's own and mean nothing."""
    given = [name for name in os.environ if name.startswith("CUELET_")]
    for text in _unknown("", "variable", given, _OWN_VARIABLES):
        yield Checkup("warning", "environment", text.strip())


def _report(what: str, path: str, found: Iterable[str]) -> Iterator[Checkup]:
    lines = [Checkup("warning", what, f"{path}: {text.strip()}") for text in found]
    yield from lines or [Checkup("ok", what, path)]

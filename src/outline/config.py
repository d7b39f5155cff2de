"""The settings of outline: defaults, ``outline.cfg``, ``cuelet.cfg``, then ``OUTLINE_<SECTION>_<OPTION>`` variables.

The first file is that of ``$OUTLINE_CONFIG_FILE``, ``$OL_CONFIG`` or ``~/.config/opencue/outline.cfg``, which PyOutline
reads too, and breaks on when it says only what is ours; ``~/.config/opencue/cuelet.cfg`` is for us alone.
As in PyOutline ``outline.config`` answers like a ``ConfigParser``: ``outline.config.get("outline", "backend")``.
Nothing is read before it is asked for.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from configparser import ConfigParser, Interpolation
    from typing import Any

VARIABLES = ("OUTLINE_CONFIG_FILE", "OL_CONFIG")
"""What names the file, the first one first."""
OWN_FILE = "cuelet.cfg"
"""Name of the file beside the user's own ``outline.cfg`` that PyOutline does not read."""
_state: dict[str, Any] = {}
_MOST_NESTED = 10


def config_file() -> str | None:
    """Return the path of the configuration file in use, or None when there is none.

    The answer is kept until `reload`, or until a variable that decides it changes: every frame asks dozens of times.
    """
    _look_for_files()
    path: str | None = _state["file"]
    return path


def config_files() -> list[str]:
    """Return the configuration files in use, the later over the earlier."""
    _look_for_files()
    return [path for path in (_state["file"], _state["own_file"]) if path]


def _look_for_files() -> None:
    key = tuple(map(os.environ.get, (*VARIABLES, "HOME")))
    if _state.get("asked") == key:
        return
    base = config_base_directory()
    candidates = [*key[:-1], os.path.join(base, "outline.cfg")]
    found = next((path for path in candidates if path and os.path.isfile(path)), None)
    own = os.path.join(base, OWN_FILE)
    own_file = own if own != found and os.path.isfile(own) else None
    _state.update(asked=key, file=found, own_file=own_file, defaults=defaults())


def defaults() -> dict[str, str]:
    """Return the ``[outline]`` section before any file is read."""
    home = os.path.dirname(os.path.abspath(__file__))
    user = os.environ.get("USER") or str(os.getuid())
    return {
        "home": home,
        "session_dir": "{HOME}/.opencue/sessions",
        "wrapper_dir": "",
        "user_dir": os.path.join(os.environ.get("TMPDIR", "/tmp"), "opencue", "outline", user),  # noqa: S108 - PyOutline's place
        "bin_dir": "",
        "backend": "cue",
        "spec_version": "1.15",
        "facility": "local",
        "domain": "example.com",
        "maxretries": "1",
        "default_show": "testing",
        "default_shot": "default",
        "python": "",
        "session_group": "false",
        "session_users": "",
        "keep_env": "",
        "relay": "true",
        "threads": "",
        "log_dir": "",
    }


def get_config() -> ConfigParser:
    """Return the parsed settings; the file is read at the first call.

    Raises:
        ConfigFileError: It cannot be read.
    """
    if "parser" not in _state:
        _state["parser"] = _load()
    parser: ConfigParser = _state["parser"]
    return parser


def read_config_from_disk() -> ConfigParser:
    """Return the settings, read again."""
    reload()
    return get_config()


def config_base_directory() -> str:
    """Return the directory of the user's own configuration files."""
    return os.path.expanduser("~/.config/opencue")


def reload() -> None:
    """Forget what was read, so that the next question reads the file again."""
    _state.clear()


def get_option(option: str) -> str:
    """Return an option of the ``[outline]`` section, without parsing anything when no file exists."""
    if "parser" not in _state and not config_files():
        known: dict[str, str] = _state["defaults"]
        return os.environ.get(f"OUTLINE_OUTLINE_{option.upper()}", known[option])
    return get_config().get("outline", option)


def class_defaults(class_name: str) -> dict[str, str]:
    """Return the default arguments of a layer class: section ``[ClassName]``."""
    if "parser" not in _state and not config_files():
        return {}
    parser = get_config()
    return dict(parser.items(class_name)) if parser.has_section(class_name) else {}


def path_map() -> dict[str, str]:
    """Return the path prefixes to map: ``$CUELET_PATH_MAP`` (a JSON object), else section ``[path_map]``.

    Raises:
        OutlineException: The variable does not hold a JSON object of texts.
    """
    text = os.environ.get("CUELET_PATH_MAP")
    if text is not None:
        return _path_map_from_json(text) if text.strip() else {}
    if "parser" not in _state and not config_files():
        return {}
    parser = get_config()
    return dict(parser.items("path_map")) if parser.has_section("path_map") else {}


def _path_map_from_json(text: str) -> dict[str, str]:
    import json

    from outline.exception import OutlineException

    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
        raise OutlineException(
            f'CUELET_PATH_MAP is {text[:60]!r}; it has to be a JSON object such as {{"/from": "/to"}}'
        )
    return value


def _load() -> ConfigParser:
    import configparser

    parser = configparser.ConfigParser(interpolation=_interpolation())
    parser.optionxform = str  # type: ignore[assignment,method-assign] # paths and class arguments have case
    parser.read_dict({"outline": defaults()})
    for path in config_files():
        _read(parser, path)
    if not parser.get("outline", "home", raw=True):
        parser.set("outline", "home", defaults()["home"])
    if not parser.get("outline", "user_dir", raw=True):
        parser.set("outline", "user_dir", defaults()["user_dir"])
    _apply_environment(parser)
    _forget_places_of_pyoutline(parser)
    return parser


def _forget_places_of_pyoutline(parser: ConfigParser) -> None:
    """Unset folders below a home that nobody has set: PyOutline's file has them, and its own home is not ours."""
    if parser.get("outline", "home", raw=True) != defaults()["home"]:
        return
    for option in ("wrapper_dir", "bin_dir"):
        if parser.get("outline", option, raw=True).startswith("%(home)s"):
            parser.set("outline", option, "")


def _read(parser: ConfigParser, path: str) -> None:
    """Read a file; raises ConfigFileError when it cannot be."""
    import configparser

    from outline.exception import ConfigFileError

    try:
        with open(path, encoding="utf-8") as lines:
            parser.read_file(lines)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise ConfigFileError(path=path, reason=reason) from error


def _interpolation() -> Interpolation:
    """Return what replaces ``%(option)s`` by an option of the section; a ``%`` elsewhere stays as it is."""
    import re
    from configparser import Interpolation

    class Lenient(Interpolation):
        def before_get(self, parser: Any, section: str, option: str, value: Any, known: Any) -> Any:
            for _ in range(_MOST_NESTED):
                before = value
                value = re.sub(r"%\((\w+)\)s", lambda match: known.get(match[1], match[0]), value)
                if value == before:
                    break
            return value.replace("%%", "%")

    return Lenient()


def _apply_environment(parser: ConfigParser) -> None:
    for section in parser.sections():
        for option in parser.options(section):
            variable = f"OUTLINE_{section}_{option}".upper().replace(":", "_")
            if variable in os.environ:
                parser.set(section, option, os.environ[variable])


def __dir__() -> list[str]:
    return sorted({*globals(), "config"})


def __getattr__(name: str) -> Any:
    if name == "config":
        return get_config()
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(get_config(), name)

"""The user's ``opencue.yaml``: where it is and what it says."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["DEFAULTS", "ConfigError", "config_base_directory", "load_config_from_file", "timeout_s"]

DEFAULTS: Mapping[str, Any] = {
    "logger.format": "%(levelname)-9s %(module)-10s %(message)s",
    "logger.level": "WARNING",
    "cuebot.protocol": "tcp",
    "cuebot.grpc_port": 8443,
    "cuebot.timeout": 10_000,  # milliseconds; see `timeout_s`
    "cuebot.max_message_bytes": 100 * 1024 * 1024,
    "cuebot.exception_retries": 3,
    "cuebot.facility_default": "local",
    "cuebot.facility": {},
    "cuebot.external_facility": [],
}
"""What ``default.yaml`` beside this module says as well."""
_UNCHOSEN_MS = 10_000
"""What every copy of pycue's ``default.yaml`` says; as pycue takes it for seconds, nobody has chosen 10 s by it."""
_USUAL_TIMEOUT_S = 30.0
FILE_VARIABLES = ("OPENCUE_CONFIG_FILE", "OPENCUE_CONF")
"""What names the file, the first one first."""


class ConfigError(ValueError):
    """A configuration file cannot be used: which one and why."""

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}; correct it or remove it")


def config_base_directory() -> str:
    """Return the directory of OpenCue's configuration files, ``~/.config/opencue`` if nothing says otherwise."""
    if platform.system() == "Windows":
        return os.path.join(os.path.expandvars("%APPDATA%"), "opencue")
    named = os.environ.get("XDG_CONFIG_HOME")
    return os.path.join(named or os.path.join(os.path.expanduser("~"), ".config"), "opencue")


def timeout_s(config: Mapping[str, Any]) -> float:
    """Return the seconds a call may take by a configuration, launches excepted."""
    milliseconds = float(config.get("cuebot.timeout", _UNCHOSEN_MS))
    return _USUAL_TIMEOUT_S if milliseconds == _UNCHOSEN_MS else milliseconds / 1000


def load_config_from_file() -> dict[str, Any]:
    """Return the defaults, with the keys of the user's file laid over them.

    Raises:
        ConfigError: The file is not readable YAML, not a mapping, or has a value that cannot mean anything.
    """
    config = dict(DEFAULTS)
    path = user_file()
    if path is not None:
        content = _read(path)
        _check(path, content)
        config.update(content)
        _keep_external(path, config)
    return config


def _keep_external(path: Path, config: dict[str, Any]) -> None:
    """Leave nothing but the facility in use where that is an external one, which must not reach the others."""
    facility = os.environ.get("CUEBOT_FACILITY") or config["cuebot.facility_default"]
    known = config["cuebot.facility"] or {}
    if not known or facility not in (config["cuebot.external_facility"] or ()):
        return
    if facility not in known:
        reason = f"cuebot.external_facility has {facility!r}, cuebot.facility has not"
        raise ConfigError(path=path, reason=reason)
    config["cuebot.facility"] = {facility: known[facility]}


def user_file() -> Path | None:
    """Return the file that is read, or None when there is none."""
    named = [Path(os.environ[name]) for name in FILE_VARIABLES if os.environ.get(name)]
    usual = [
        Path(config_base_directory(), "opencue.yaml"),
        Path(os.path.expanduser("~/.config/opencue/opencue.yaml")),
    ]
    return next((path for path in (*named, *usual) if os.path.isfile(path)), None)


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(path=path, reason=" ".join(str(error).split())) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(path=path, reason="is not a mapping of keys to values")
    return content


def _check(path: Path, content: Mapping[str, Any]) -> None:
    """Raise ConfigError for a value of another kind than the default's."""
    for key, usual in DEFAULTS.items():
        value = content.get(key, usual)
        if isinstance(usual, int) and not _is_number(value):
            raise ConfigError(path=path, reason=f"{key} is {value!r}, not a number")
    facilities = content.get("cuebot.facility") or {}
    if not isinstance(facilities, dict) or not all(map(_are_hosts, facilities.values())):
        raise ConfigError(
            path=path,
            reason=f"cuebot.facility is {facilities!r}, not a mapping of names to lists of host:port",
        )
    external = content.get("cuebot.external_facility") or []
    if not _are_hosts(external):
        reason = f"cuebot.external_facility is {external!r}, not a list of names of facilities"
        raise ConfigError(path=path, reason=reason)


def _is_number(value: object) -> bool:
    try:
        return float(str(value)) >= 0
    except ValueError:
        return False


def _are_hosts(value: object) -> bool:
    """Tell whether a value is a text or a list of texts."""
    hosts = [value] if isinstance(value, str) else value
    return isinstance(hosts, list) and all(isinstance(each, str) for each in hosts)

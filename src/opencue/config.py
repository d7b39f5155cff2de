"""The user's ``opencue.yaml``: where it is and what it says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["DEFAULTS", "ConfigError", "config_base_directory", "load_config_from_file"]

DEFAULTS: Mapping[str, Any] = {
    "cuebot.grpc_port": 8443,
    "cuebot.timeout": 30_000,  # milliseconds
    "cuebot.max_message_bytes": 100 * 1024 * 1024,
    "cuebot.exception_retries": 3,
    "cuebot.facility_default": "local",
    "cuebot.facility": {},
}
FILE_VARIABLES = ("OPENCUE_CONFIG_FILE", "OPENCUE_CONF")
"""What names the file, the first one first."""


class ConfigError(ValueError):
    """A configuration file cannot be used: which one and why."""

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}; correct it or remove it")


def config_base_directory() -> str:
    """Return the directory that holds the ``opencue`` configuration directory."""
    return os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")


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
    return config


def user_file() -> Path | None:
    """Return the file that is read, or None when there is none."""
    named = [Path(os.environ[name]) for name in FILE_VARIABLES if os.environ.get(name)]
    usual = [
        Path(config_base_directory(), "opencue", "opencue.yaml"),
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


def _is_number(value: object) -> bool:
    try:
        return float(str(value)) >= 0
    except ValueError:
        return False


def _are_hosts(value: object) -> bool:
    hosts = [value] if isinstance(value, str) else value
    return isinstance(hosts, list) and all(isinstance(each, str) for each in hosts)

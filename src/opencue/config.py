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
_FILE_VARIABLES = ("OPENCUE_CONFIG_FILE", "OPENCUE_CONF")


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
        ConfigError: The file is not readable YAML, or not a mapping.
    """
    config = dict(DEFAULTS)
    path = _user_file()
    if path is not None:
        config.update(_read(path))
    return config


def _user_file() -> Path | None:
    named = [Path(os.environ[name]) for name in _FILE_VARIABLES if os.environ.get(name)]
    usual = [
        Path(config_base_directory(), "opencue", "opencue.yaml"),
        Path(os.path.expanduser("~/.config/opencue/opencue.yaml")),
    ]
    return next((path for path in (*named, *usual) if path.is_file()), None)


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

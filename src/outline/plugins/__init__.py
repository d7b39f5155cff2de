"""Plug-ins: modules named in ``[plugin:NAME]`` sections of outline.cfg, loaded in order of ``priority``.

A plug-in may define ``loaded()``, ``init(layer)`` and ``init_cuerun_plugin(cuerun)``.
May import: `outline.config`, `outline.event`, `outline.exception`, `outline.layer`.
Add: a plug-in that comes with outline as a module here; who uses it names it in outline.cfg.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from configparser import ConfigParser
    from types import ModuleType
    from typing import Any, ClassVar

__all__ = ["PluginManager"]


class PluginManager:
    """The plug-ins of this process; loaded when the first layer is made or the first job launched."""

    registered_plugins: ClassVar[list[ModuleType]] = []
    _loaded: ClassVar[bool] = False

    @classmethod
    def get_plugins(cls) -> list[ModuleType]:
        """Return the loaded plug-ins, in order."""
        cls._ensure_loaded()
        return list(cls.registered_plugins)

    @classmethod
    def load_all_plugins(cls) -> None:
        """Load every plug-in that outline.cfg enables; raises ImportError for one that is not there."""
        cls._loaded = True
        from outline import config

        if not config.config_files():
            return
        parser = config.get_config()
        sections = [name for name in parser.sections() if name.startswith("plugin:")]
        for module in _enabled(parser, sections):
            cls.load_plugin(module)

    @classmethod
    def load_plugin(cls, module_name: str) -> ModuleType:
        """Import one plug-in and run its ``loaded()``."""
        import importlib

        module = importlib.import_module(module_name)
        if module not in cls.registered_plugins:
            cls.registered_plugins.append(module)
            _call(module, "loaded")
        return module

    @classmethod
    def init_plugin(cls, module_name: ModuleType | str, layer: Any) -> None:
        """Run the ``init(layer)`` of a plug-in, given as module or by name."""
        module = cls.load_plugin(module_name) if isinstance(module_name, str) else module_name
        _call(module, "init", layer)

    @classmethod
    def init_layer(cls, layer: Any) -> None:
        """Tell every plug-in about a new layer."""
        cls._ensure_loaded()
        for module in cls.registered_plugins:
            cls.init_plugin(module, layer)

    @classmethod
    def init_cuerun_plugins(cls, cuerun: Any) -> None:
        """Tell every plug-in about a launching command, so that it can add options and listeners."""
        cls._ensure_loaded()
        if cls._wants_local():
            cls.load_plugin("outline.plugins.local")
        for module in cls.registered_plugins:
            _call(module, "init_cuerun_plugin", cuerun)

    @classmethod
    def _wants_local(cls) -> bool:
        """Tell whether local booking is offered: unless outline.cfg switches it off."""
        from outline import config

        if not config.config_files():
            return True
        return config.get_config().getboolean("plugin:local", "enable", fallback=True)

    @classmethod
    def _ensure_loaded(cls) -> None:
        if not cls._loaded:
            cls.load_all_plugins()


def _call(module: ModuleType, hook: str, *args: Any) -> None:
    function = getattr(module, hook, None)
    if function is not None:
        from outline.event import finish

        finish(function(*args))


def _enabled(parser: ConfigParser, sections: Sequence[str]) -> list[str]:
    """Return the modules of the plug-ins that are enabled, in order of priority.

    Raises:
        ConfigFileError: A section lacks its module, or has a value that cannot mean anything.
    """
    import configparser

    from outline import config
    from outline.exception import ConfigFileError

    found: list[tuple[int, int, str]] = []
    for section in sections:
        try:
            if parser.getboolean(section, "enable", fallback=False):
                priority = parser.getint(section, "priority", fallback=0)
                found.append((priority, len(found), parser.get(section, "module")))
        except (ValueError, configparser.Error) as error:
            reason = (
                f"[{section}] needs a module, enable is true or false, priority a number: {error}"
            )
            raise ConfigFileError(path=", ".join(config.config_files()), reason=reason) from error
    return [module for _, _, module in sorted(found)]

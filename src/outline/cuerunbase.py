"""The base of commands that build an outline and launch it: pycuerun itself, and the tools of sites."""

from __future__ import annotations

import sys

from outline import cuerun, event
from outline._commands.options import CuerunOptionParser
from outline.plugins import PluginManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from outline._commands.options import Options
    from outline.loader import Outline

LOGGING_FORMAT = "[%(asctime)s %(levelname)s %(module)s]: %(message)s"


class AbstractCuerun:
    """A launching command; subclasses add options and say which outline is launched.

    ``go()`` parses the arguments of the process, applies the standard options and calls ``handle_my_options``.
    """

    usage: str = "%prog [options]"
    """Shown by ``--help``."""
    descr: str = "Launch an outline."
    """Shown by ``--help``."""
    epilog: str | None = None
    """Shown by ``--help``."""

    def __init__(self) -> None:
        self._parser = CuerunOptionParser(
            usage=self.usage, description=self.descr, epilog=self.epilog
        )
        self._options: Options | None = None
        self._evh = event.EventHandler(self)
        PluginManager.init_cuerun_plugins(self)

    def add_my_options(self) -> None:
        """Add options to ``get_parser()``; for subclasses."""

    def handle_my_options(
        self, parser: CuerunOptionParser, options: Options, args: list[str]
    ) -> object:
        """Build an outline and call `launch_outline`; for subclasses.

        Args:
            parser: The parser, for its ``error(message)``.
            options: The parsed options.
            args: The positional arguments.
        """
        raise NotImplementedError

    def get_options(self) -> Options | None:
        """Return the parsed options, or None before `go`."""
        return self._options

    def get_parser(self) -> CuerunOptionParser:
        """Return the parser."""
        return self._parser

    def add_event_listener(self, event_type: str, callback: Callable[[Any], object]) -> None:
        """Call ``callback(event)`` before or after every launch of this command."""
        self._evh.add_event_listener(event_type, callback)

    def go(self, argv: list[str] | None = None) -> object:
        """Parse arguments (those of the process by default) and do what they ask for."""
        self.add_my_options()
        options, args = self._parser.parse_args(sys.argv[1:] if argv is None else argv)
        self._options = options
        self._parser.handle_standard_options(options, args)
        return self.handle_my_options(self._parser, options, args)

    def options_to_dict(self, options: Options) -> dict[str, Any]:
        """Return options as flags of a launch."""
        return self._parser.options_to_args(options)

    def launch_outline(self, outline: Outline, **override: Any) -> list[Any]:
        """Launch an outline with the parsed options and return the jobs.

        Args:
            outline: The outline.
            **override: Flags of the launch, over those of the options; see `outline.cuerun.launch`.
        """
        flags = {} if self._options is None else self.options_to_dict(self._options)
        flags.update(override)
        if flags.pop("range_default", False) and outline.get_frame_range() is not None:
            del flags["range"]
        use_pycuerun = flags.pop("use_pycuerun", True)
        self._evh.emit(event.LaunchEvent(event.BEFORE_LAUNCH, self, outline=outline))
        jobs = cuerun.launch(outline, use_pycuerun, **flags)
        self._evh.emit(event.LaunchEvent(event.AFTER_LAUNCH, self, outline=outline, job=jobs))
        return jobs


def enable_verbose_logging() -> None:
    """Log what is going on."""
    _log("INFO")


def enable_debug_logging() -> None:
    """Log everything."""
    _log("DEBUG")


def _log(level: str) -> None:
    import logging

    logging.basicConfig(format=LOGGING_FORMAT, level=level)


def setup_outline_environment(version: str = "latest", repos: str | None = None) -> None:
    """Require a version of outline from a repository; see `outline.versions`."""
    from outline import versions

    if repos:
        versions.set_repos(repos)
    versions.require("outline", version)


def handle_core_arguments() -> None:
    """Do nothing: what PyOutline has to know before it is imported, we learn from the options."""


def signal_handler(signum: int, frame: object) -> None:
    """End the process as an interrupted one ends."""
    sys.exit(128 + signum)

"""The options that every launching command understands, to which sites and plug-ins add their own."""

from __future__ import annotations

import optparse
import os

from outline import config, cuerun, util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Options = optparse.Values

_LAUNCH_FLAGS = (
    "backend",
    "basename",
    "server",
    "pause",
    "priority",
    "wait",
    "test",
    "timeout_s",
    "range",
    "range_default",
    "shot",
    "dev",
    "devuser",
    "facility",
    "nomail",
    "maxretries",
    "os",
    "env",
    "autoeat",
    "skip_existing",
    "force",
)
"""Options that are flags of a launch under the same name."""


class CuerunOptionParser(optparse.OptionParser):
    """A parser with the standard options.

    Args:
        **args: As for ``optparse.OptionParser``.
    """

    def __init__(self, **args: Any) -> None:
        super().__init__(**args)
        self._plugins: optparse.OptionGroup | None = None
        self._add_standard_options()
        self._add_development_options()
        self._add_job_options()

    def _process_short_opts(self, rargs: list[str], values: Options) -> None:
        """Take a word such as ``-5-1`` for a frame range below zero, unless a site has such an option."""
        if self.largs is None or not rargs[0][1].isdecimal() or self.has_option(rargs[0][:2]):
            super()._process_short_opts(rargs, values)
        else:
            self.largs.append(rargs.pop(0))

    def _match_long_opt(self, opt: str) -> str:
        """Return the option that a word stands for; the complaint of an unknown one names the nearest."""
        try:
            return str(super()._match_long_opt(opt))
        except optparse.AmbiguousOptionError:
            raise
        except optparse.BadOptionError as error:
            raise optparse.BadOptionError(opt + self._meant(opt)) from error

    def _meant(self, opt: str) -> str:
        import difflib

        near = difflib.get_close_matches(opt, list(self._long_opt), n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _add_standard_options(self) -> None:
        group = optparse.OptionGroup(self, "Standard options")
        add = group.add_option
        add("-b", "--backend", default=config.get_option("backend"), help="engine to launch on")
        add("-s", "--server", help="Cuebot to launch on, HOST or HOST:PORT")
        add("-F", "--facility", default=cuerun.get_launch_facility(), help="where the job runs")
        add("-V", "--verbose", action="store_true", default=False, help="say more")
        add("-D", "--debug", action="store_true", default=False, help="say much more")
        self.add_option_group(group)

    def _add_development_options(self) -> None:
        group = optparse.OptionGroup(self, "Development options")
        add, version = group.add_option, os.environ.get("OL_VERSION") or "latest"
        add("-v", "--version", default=version, help="version of outline to require")
        add("-r", "--repos", metavar="DIR", help="repository of versions")
        add("--dev", action="store_true", help="kept for plug-ins")
        add("--dev-user", dest="devuser", metavar="USER", help="kept for plug-ins")
        add(
            "--env",
            action="append",
            metavar="K=V",
            help="environment variable of the frames; may be repeated",
        )
        self.add_option_group(group)

    def _add_job_options(self) -> None:
        group = optparse.OptionGroup(self, "Job options")
        add = group.add_option
        add("-p", "--pause", action="store_true", default=False, help="launch paused")
        add("-w", "--wait", action="store_true", default=False, help="return when all is done")
        add("-t", "--test", action="store_true", default=False, help="wait; fail if a frame dies")
        add(
            "--timeout",
            dest="timeout_s",
            type="float",
            metavar="S",
            help="with -w, -t: wait S seconds",
        )
        add("-f", "--range", help="frame range; $FR by default")
        add("--shot", default=util.get_shot(), help="shot")
        add("--no-mail", dest="nomail", action="store_true", help="no mail at the end")
        retries = config.get_option("maxretries")
        add("--max-retries", dest="maxretries", default=retries, help="retries of a frame")
        add("-o", "--os", default=os.environ.get("OL_OS", ""), help="system a host must have")
        add("--base-name", dest="basename", help="name of the job")
        add("--autoeat", action="store_true", help="drop frames that fail")
        skip = "skip frames whose outputs are there and up to date"
        add("--skip-existing", action="store_true", help=skip)
        add("--force", action="store_true", help="run every frame, skip none")
        add("--priority", type="int", default=1, help="priority of the job")
        self.add_option_group(group)

    def add_plugin_option(self, *args: Any, **kwargs: Any) -> None:
        """Add an option of a plug-in; arguments as for ``optparse.OptionParser.add_option``."""
        if self._plugins is None:
            self._plugins = optparse.OptionGroup(self, "Plug-ins")
            self.add_option_group(self._plugins)
        self._plugins.add_option(*args, **kwargs)

    def handle_standard_options(self, options: Options, args: list[str]) -> None:
        """Apply what has to be known before an outline is loaded: log level, server, shot, frame range.

        Args:
            options: What ``parse_args`` returned.
            args: The positional arguments; a second one is a frame range.
        """
        if options.verbose or options.debug:
            import logging

            logging.basicConfig(level=logging.DEBUG if options.debug else logging.INFO)
        if options.repos:
            from outline import versions

            versions.set_repos(options.repos)
        os.environ["SHOT"] = options.shot
        self.setup_frame_range(options, args[1] if len(args) > 1 else None)

    @staticmethod
    def setup_frame_range(options: Options, frange: str | None = None) -> None:
        """Find the frame range: ``-f``, else ``frange``, else ``$FR``; the last is only a default.

        Args:
            options: Gets ``range`` and ``range_default``.
            frange: A range given otherwise.
        """
        given = options.range or frange
        options.range = given or os.environ.get("FR") or None
        options.range_default = bool(options.range and not given)

    @staticmethod
    def options_to_args(options: Options) -> dict[str, Any]:
        """Return the flags of a launch that options ask for; what nobody changed is left out."""
        usual = {
            "facility": cuerun.get_launch_facility(),
            "shot": util.get_shot(),
            "maxretries": config.get_option("maxretries"),
            "backend": config.get_option("backend"),
            "os": os.environ.get("OL_OS", ""),
            "priority": 1,
        }
        said = {name: getattr(options, name, None) for name in _LAUNCH_FLAGS}
        return {
            name: value
            for name, value in said.items()
            if value is not None and value is not False and value != usual.get(name)
        }

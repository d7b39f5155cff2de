"""What ``pycuerun`` does beside executing a frame: launch, inspect, and the options for that."""

from __future__ import annotations

import os
import sys

from outline._layer.current import LaunchContext
from outline.cuerunbase import AbstractCuerun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from outline._commands.options import CuerunOptionParser, Options
    from outline.loader import Outline

OK, FAILED = 0, 1


class Pycuerun(AbstractCuerun):
    """The command.

    Args:
        execute: Executes a frame, given a place and ``FRAME-LAYER``, and returns the exit status.
    """

    usage = "%prog [options] outline_script [frame range]"
    descr = "Launch an outline script, or execute one of its frames."

    def __init__(self, execute: Callable[[str, str], int]) -> None:
        super().__init__()
        self._execute = execute

    def run(self, argv: list[str]) -> int:
        """Do what some arguments ask for and return the exit status."""
        status = self.go(argv)
        return status if isinstance(status, int) else OK

    def add_my_options(self) -> None:
        """Add what only pycuerun has."""
        add = self.get_parser().add_option
        add("-e", "--execute", metavar="FRAME-LAYER", help="execute one frame here")
        add("-i", "--inspect", metavar="SCRIPT", help="print the layers of a script")
        add("-u", "--user", help="user the job belongs to")
        add("-j", "--jobid", dest="basename", help="name of the job")
        add("-m", "--maxretries", dest="maxretries", help="retries of a frame")
        add("--show", help="show")
        add(
            "--log-dir",
            dest="log_dir",
            metavar="DIR",
            help="where a local job's logs go (-b local)",
        )
        add("--raw", action="store_true", help="run commands directly, not through pycuerun")
        add(
            "--qc",
            action="store_true",
            help="pause the job when all is done, until somebody has looked and unpauses it",
        )

    def handle_my_options(
        self, parser: CuerunOptionParser, options: Options, args: list[str]
    ) -> int:
        """Do what the arguments ask for and return the exit status."""
        script = args[0] if args else options.inspect
        if not script:
            parser.print_help()
            return FAILED
        if options.show:
            os.environ["SHOW"] = options.show
        if options.execute:
            return self._execute(script, options.execute)
        return self._inspect(script) if options.inspect else self._launch(script)

    def _load(self, script: str) -> Outline:
        from outline.loader import load_outline

        options = self.get_options()
        outline = load_outline(script)
        wanted = options.range if options else None
        if options and wanted and not (options.range_default and outline.get_frame_range()):
            outline._cut_to(wanted)
        return outline

    def _inspect(self, script: str) -> int:
        outline = self._load(script)
        say = sys.stdout.write
        say(f"{outline.get_full_name()}  {outline.get_frame_range() or ''}".rstrip() + "\n")
        for layer in outline.get_layers():
            say(f"  {layer.get_name()}  {type(layer).__name__}  {layer.get_frame_range()}\n")
            for key, value in sorted(layer.get_args().items()):
                say(f"    {key}: {value!r}\n")
            for depend in layer.get_depends():
                say(f"    waits for {depend.get_depend_on_name()}: {depend.get_type()}\n")
        return OK

    def _launch(self, script: str) -> int:
        with LaunchContext() as context:
            outline = self._load(script)
        is_done = any(ours is outline for ours, _ in context.launched)
        if is_done or (context.launched and not outline.get_layers()):
            jobs = [job for _, found in context.launched for job in found]
        else:
            jobs = self._launch_loaded(outline)
        here = [job for job in jobs if hasattr(job, "is_success")]
        if here:
            return _report(here)
        sys.stdout.write("Submitted the following jobs:\n")
        for job in jobs:
            sys.stdout.write(f"    {job.name()}\n")
        return OK

    def _launch_loaded(self, outline: Outline) -> list[object]:
        options = self.get_options()
        flags = {
            name: value
            for name, value in (
                ("show", options and options.show),
                ("user", options and options.user),
                ("use_pycuerun", not (options and options.raw)),
            )
            if value is not None
        }
        if options and options.backend == "local":
            flags |= {"threads": options.run_local_threads, "log_dir": options.log_dir}
            flags["wait"] = False  # it runs here in any case, and `_report` tells how it ended
        if options and options.qc:
            from outline import review

            review.add_layer(outline)
        return self.launch_outline(outline, **flags)


def _report(jobs: list[Any]) -> int:
    """Say how jobs that ran here ended; return 7 when frames of one are dead."""
    from outline.backend import local

    for job in jobs:
        sys.stdout.write(f"{local.describe(job)}\n")
    return local.exit_status(jobs)

"""Options ``-L`` and ``-T``: lend the job cores of the submitter's own machine (OpenCue's local booking)."""

from __future__ import annotations

import socket
import sys

from outline import event, util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

USE_LOCAL_CORES = 1
"""Cores lent when ``-L`` names none."""
USE_LOCAL_THREADS = 0
"""Threads of a frame when ``-T`` is not given: one."""


def init_cuerun_plugin(cuerun: Any) -> None:
    """Add the two options to a launching command."""
    add = cuerun.get_parser().add_plugin_option
    add("-L", "--run-local", dest="run_local", type="int", metavar="CORES", help="lend local cores")
    add(
        "-T",
        "--run-local-threads",
        dest="run_local_threads",
        type="int",
        metavar="THREADS",
        help="threads of a frame on local cores",
    )
    cuerun.add_event_listener(event.BEFORE_LAUNCH, setup_local_cores)


def setup_local_threads(
    option: Any, opt: str, value: int, parser: Any, *args: Any, **kwargs: Any
) -> None:
    """Set how many threads a frame has on local cores where ``-T`` says nothing: an optparse callback of PyOutline's."""
    global USE_LOCAL_THREADS  # noqa: PLW0603 - of the module, as there
    USE_LOCAL_THREADS = value


def setup_local_cores(e: Any) -> None:
    """Ask for local cores when the options of the command say so."""
    options = e.cuerun.get_options()
    cores = getattr(options, "run_local", None)
    if not cores:
        return
    deed_local_machine()
    threads = options.run_local_threads or USE_LOCAL_THREADS or 1
    e.outline.set_arg("localbook", localbook(cores, threads))


def localbook(cores: int, threads: int) -> dict[str, int | str]:
    """Return the attributes of the ``<localbook>`` element.

    Args:
        cores: Cores lent.
        threads: Cores of one frame.
    """
    return {
        "host": socket.gethostname(),
        "cores": cores,
        "memory": get_half_host_memory(),
        "threads": threads,
        "gpu": 0,
    }


def deed_local_machine() -> None:
    """Make the user owner of this machine, which a Cuebot demands; a farm without owners needs none."""
    from opencue import api
    from opencue.exception import CueException

    user = util.get_user()
    try:
        owner = _find_owner(user) or api.findShow(util.get_show()).createOwner(user)
        owner.takeOwnership(socket.gethostname())
    except CueException as error:
        sys.stderr.write(f"note: this machine could not be lent by {user}: {error}\n")


def _find_owner(user: str) -> Any:
    from opencue import api
    from opencue.exception import EntityNotFoundException

    try:
        return api.getOwner(user)
    except EntityNotFoundException:
        return None


def get_half_host_memory() -> int:
    """Return half of this machine's memory, in KB."""
    import os

    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return total // 2 // 1024

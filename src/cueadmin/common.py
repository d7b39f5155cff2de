"""What scripts and other commands import of cueadmin: its parser, its dispatch, names to things, depends."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import cueadmin.dispatching
import cueadmin.output  # as `cueadmin.output.displayJobs`, where this module alone is imported
import cueadmin.util
import opencue
from cueadmin.actions import ActionUtil
from cueadmin.converting import Convert, handleFloatCriterion, handleIntCriterion
from cueadmin.flags import QueryAction, make_parser

__all__ = [
    "ActionUtil",
    "Convert",
    "DependUtil",
    "QueryAction",
    "confirm",
    "createAllocation",
    "getParser",
    "handleArgs",
    "handleFloatCriterion",
    "handleIntCriterion",
    "handleParserException",
    "resolveHostNames",
    "resolveShowNames",
]

logger = logging.getLogger("opencue.tools.cueadmin")


def getParser() -> argparse.ArgumentParser:
    """Return the parser of all flags of the command."""
    return make_parser()


def handleArgs(args: argparse.Namespace) -> None:
    """Do what flags say, as the command would, with exceptions in place of exit codes.

    What names no job or host prints nothing; a question that is not answered with yes is no error.

    Args:
        args: What the parser returned.

    Raises:
        ValueError: A flag or its value makes no sense.
        CueException: The server refused.
    """
    cueadmin.dispatching.dispatch(args)


def handleParserException(args: argparse.Namespace, e: Exception) -> None:
    """Say on stderr what went wrong; with ``-verbose``, where."""
    if args.verbose:
        traceback.print_exception(e, file=sys.stderr)
    more = " Try the -verbose or -h flags for more info." if isinstance(e, ValueError) else ""
    print(f"Error: {e}.{more}", file=sys.stderr)


def confirm(msg: str, force: bool, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Ask whether a function may be called, and call it; None when the answer is not yes.

    Args:
        msg: What would be done, without a question mark.
        force: Ask nothing.
        func: The function.
        args: Its arguments.
        kwargs: Those that have names.
    """
    if cueadmin.util.promptYesNo(f"Please confirm. {msg}?", force):
        logger.debug("%s [forced %s]", msg, force)
        return func(*args, **kwargs)
    return None


def createAllocation(fac: str, name: str, tag: str) -> None:
    """Create an allocation and print its name.

    Args:
        fac: The name of its facility.
        name: Its name, without the facility.
        tag: The tag its hosts carry.
    """
    made = opencue.api.createAllocation(name, tag, opencue.api.getFacility(fac))
    print(f"Created allocation: {made.data.name}")


def resolveHostNames(
    names: Sequence[str] | None = None, substr: Sequence[str] | None = None
) -> list[Any]:
    """Return hosts, by their names or else by texts in them; warn of names that none has.

    Raises:
        ValueError: There are none.
    """
    found: list[Any] = []
    if names:
        found = opencue.search.HostSearch.byName(names)
        _warn_of_missing(names, found, "hosts")
    elif substr:
        found = opencue.search.HostSearch.byMatch(substr)
    if not found:
        raise ValueError("no valid hosts")
    return found


def resolveShowNames(names: Sequence[str]) -> list[Any]:
    """Return shows by their names; warn of names that none has.

    Raises:
        ValueError: There are none.
    """
    found = [show for show in map(_show_or_none, names) if show is not None]
    _warn_of_missing(names, found, "shows")
    if not found:
        raise ValueError("no valid shows")
    return found


def _show_or_none(name: str) -> Any:
    try:
        return opencue.api.findShow(name)
    except opencue.EntityNotFoundException:
        return None


def _warn_of_missing(names: Sequence[str], found: Sequence[Any], kind: str) -> None:
    there = {item.data.name for item in found}
    if found and len(found) < len(names):
        missing = sorted(set(names) - there)
        logger.warning("no %s: %s; going on with %s", kind, missing, sorted(there & set(names)))


class DependUtil:
    """Depends: made, released and looked at, between things given by name."""

    @staticmethod
    def dropAllDepends(job: str, layer: str | None = None, frame: int | None = None) -> None:
        """Release a frame of a layer, a layer, or a whole job with all its layers, from what it waits for."""
        logger.debug("dropping all depends on: %s", _shown(job, layer, frame))
        waiting = _find(job, layer, frame)
        for depend in waiting.getWhatThisDependsOn():
            logger.debug("dropping depend %s %s", depend.data.type, opencue.id(depend))
            depend.satisfy()
        if layer is None and frame is None:
            waiting.dropDepends(opencue.api.depend_pb2.ANY_TARGET)

    @staticmethod
    def parseDependType(depend_type_str: str) -> int:
        """Return the `depend_pb2.DependType` of a name in any case.

        Raises:
            ValueError: There is no such type.
        """
        known = opencue.api.depend_pb2.DependType
        if depend_type_str.upper() not in known.keys():  # noqa: SIM118 - an enum is no mapping
            raise ValueError(f"Invalid dependency type: {depend_type_str}")
        return int(known.Value(depend_type_str.upper()))

    @staticmethod
    def createJobOnJobDepend(job_name: str, depend_on_job_name: str) -> Any:
        """Make a job wait for another; return the depend."""
        job, other = opencue.api.findJob(job_name), opencue.api.findJob(depend_on_job_name)
        return job.createDependencyOnJob(other)

    @staticmethod
    def createLayerOnLayerDepend(
        job_name: str, layer_name: str, depend_on_job_name: str, depend_on_layer_name: str
    ) -> Any:
        """Make a layer of a job wait for a whole layer of a job; return the depend."""
        layer = opencue.api.findLayer(job_name, layer_name)
        other = opencue.api.findLayer(depend_on_job_name, depend_on_layer_name)
        return layer.createDependencyOnLayer(other)

    @staticmethod
    def createFrameByFrameDepend(
        job_name: str, layer_name: str, depend_on_job_name: str, depend_on_layer_name: str
    ) -> Any:
        """Make each frame of a layer wait for the frame of that number in another; return the depend."""
        layer = opencue.api.findLayer(job_name, layer_name)
        other = opencue.api.findLayer(depend_on_job_name, depend_on_layer_name)
        return layer.createFrameByFrameDependency(other)

    @staticmethod
    def checkDependSatisfaction(
        job_name: str, layer_name: str | None = None, frame_num: int | None = None
    ) -> bool:
        """Return whether a job, a layer or a frame waits for nothing any more."""
        waiting = _find(job_name, layer_name, frame_num)
        return not any(depend.data.active for depend in waiting.getWhatThisDependsOn())

    @staticmethod
    def detectCircularDepend(job_name: str, depend_on_job_name: str) -> bool:
        """Return whether a job that would be waited for waits for the other already, or is the same."""
        if job_name == depend_on_job_name:
            return True
        try:
            job = opencue.api.findJob(job_name)
            awaited = opencue.api.findJob(depend_on_job_name).getWhatThisDependsOn()
            return any(_job_of(depend) in _names_of(job) for depend in awaited)
        except Exception:  # noqa: BLE001 - what is not there waits for nothing
            return False

    @staticmethod
    def formatDependStatus(depend: Any) -> str:
        """Return the type of a depend and whether it holds, as ``JOB_ON_JOB [ACTIVE]``."""
        kind = depend.data.type
        known: dict[Any, str] = {
            number: name for name, number in opencue.api.depend_pb2.DependType.items()
        }
        name = (
            known[kind] if isinstance(kind, int) and kind in known else str(kind).rpartition(".")[2]
        )
        return f"{name} [{'ACTIVE' if depend.data.active else 'SATISFIED'}]"


def _find(job: str, layer: str | None, frame: int | None) -> Any:
    """Return a frame of a layer, a layer, or a job."""
    if frame is not None and layer is not None:
        return opencue.api.findFrame(job, layer, frame)
    return opencue.api.findJob(job) if layer is None else opencue.api.findLayer(job, layer)


def _shown(job: str, layer: str | None, frame: int | None) -> str:
    return "/".join(str(part) for part in (job, layer, frame) if part is not None)


def _job_of(depend: Any) -> Any:
    return getattr(depend.data, "depend_on_job", None)


def _names_of(job: Any) -> tuple[Any, ...]:
    """Return what a depend may call a job: its name on the wire, its id in scripts."""
    return (job.data.name, job.data.id)

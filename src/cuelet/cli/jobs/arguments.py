"""Arguments of the commands about jobs."""

from __future__ import annotations

from cuelet.cli.parsing import add_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet jobs``."""
    from cuelet.client.job_list import ORDERS, STATES

    text = "only jobs of this name, or that match shot*"
    parser.add_argument("words", nargs="*", metavar="NAME", help=text)
    parser.add_argument("--all", action="store_true", help="every job the farm remembers")
    for flag, metavar, meaning in (
        ("--name", "GLOB", text),
        ("--show", "SHOW", "only jobs of this show"),
        ("--shot", "SHOT", "only jobs of this shot"),
        ("--user", "USER", "only jobs of this user"),
    ):
        parser.add_argument(flag, action="append", metavar=metavar, help=meaning)
    parser.add_argument("--state", action="append", choices=STATES, help="only jobs in this state")
    parser.add_argument("--since", metavar="WHEN", help="launched since: 2h, 3d, 2026-11-22")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="the latest N, or the first N of --sort"
    )
    parser.add_argument("--sort", choices=ORDERS, default="age", help="by what (age, newest last)")
    add_json(parser)


def add_show(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet show``."""
    _add_words(parser)
    add_json(parser)


def add_logs(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet logs``."""
    _add_words(parser, _ONE)
    parser.add_argument("-f", "--follow", action="store_true", help="until the frame has ended")
    parser.add_argument("--path", action="store_true", help="print where the log is instead")
    parser.add_argument("--attempt", type=int, metavar="N", help="that of the N-th attempt")
    parser.add_argument("--tail", type=int, metavar="N", help="only its last N lines")


def _add_words(parser: argparse.ArgumentParser, text: str = "") -> None:
    parser.add_argument("words", nargs="+", metavar="JOB", help=text or _JOBS)


_JOBS = "a job by name, id or how its id begins, or jobs like shot*"
_PARTS = f"{_JOBS}; behind it a layer, a frame like 12-render, or a layer and a number"
_ONE = "a job, then a layer, a frame like 12-render, or a layer and a number; or an id"


def add_why(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet why``."""
    _add_words(parser, _ONE)
    add_json(parser)


def add_repro(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet repro``."""
    _add_words(parser, _ONE)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--shell", action="store_true", help="open a shell in its place instead")
    how.add_argument("--script", metavar="FILE", help="write it as a script instead")
    how.add_argument("--dry-run", action="store_true", help="print it instead")


def add_retry(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet retry``."""
    add_chosen(parser)
    parser.add_argument(
        "--memory-mb", type=int, metavar="N", help="reserve so much for each of them first"
    )


def add_chosen(parser: argparse.ArgumentParser) -> None:
    """Add those of a command that does something to frames that are named."""
    add_frames(parser)
    parser.add_argument("--yes", action="store_true", help="frames of all layers; do not ask")


def add_frames(parser: argparse.ArgumentParser) -> None:
    """Add those of a command that takes a job, or frames of it."""
    _add_words(parser, _PARTS)
    parser.add_argument("--layer", action="append", metavar="L", help="only this layer")
    parser.add_argument("--frames", metavar="R", help="only these frames, like 1-10,20")


def add_drop_depends(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet drop-depends``."""
    _add_words(parser, _PARTS)
    parser.add_argument("--on", metavar="JOB", help="only what waits for this job")
    parser.add_argument(
        "--layer", action="append", metavar="L", help="only what this layer waits for"
    )


def add_delay(parser: argparse.ArgumentParser) -> None:
    """Add those of ``cuelet delay``."""
    parser.usage = "%(prog)s [-h] [--layer L] JOB [LAYER] [JOB ...] WHEN"
    times = "last, when: like 2h, 45m, 2026-11-22T03:00, or off for at once"
    parser.add_argument("words", nargs="+", metavar="JOB", help=f"{_JOBS}, or layers; {times}")
    parser.add_argument("--layer", action="append", metavar="L", help="only this layer")

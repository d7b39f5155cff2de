"""``cuelet doctor``: the installation, the folders, the configuration and the farm, a line each."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict

from cuelet import installation, search_path
from cuelet.cli.doctor.checkup import Checkup
from cuelet.cli.doctor.packages import packages
from cuelet.cli.exits import Exit, message_of


def doctor(options: argparse.Namespace) -> int:
    """Print findings as they come in; exit 4 when one is an error."""
    findings = []
    for finding in _findings(options):
        findings.append(finding)
        if not options.json:
            print(f"{finding.level:8} {finding.what:18} {finding.detail}", flush=True)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    return Exit.ENVIRONMENT if any(f.level == "error" for f in findings) else Exit.OK


def _findings(options: argparse.Namespace) -> Iterator[Checkup]:
    """Yield every finding; what needs Cuelet's modules is looked at where these are the right ones."""
    faults = installation.faults()
    yield from packages(faults)
    search_path.trust_only_installed()
    if not installation.is_usable():
        still = "not looked at: it needs the modules that are in error above"
        yield from (
            Checkup("warning", what, still) for what in ("folders", "configuration", "farm")
        )
        return
    for check in (_folders, _configuration, _farm):
        yield from _looked_at(check)
    if options.farm:
        yield from _looked_at(functools.partial(_fleet, options), "hosts")


def _looked_at(check: Callable[[], Iterator[Checkup]], what: str = "") -> Iterator[Checkup]:
    """Yield what a check finds; what it fails of is a finding too.

    Args:
        check: The check.
        what: What it looks at; by default what the function is called.
    """
    import opencue
    import outline
    from cuelet.settings import LocalEnvironmentError

    ours = (opencue.CueException, outline.OutlineException, LocalEnvironmentError)
    try:
        yield from check()
    except (OSError, ValueError, *ours) as error:
        yield Checkup("error", what or getattr(check, "__name__", "").strip("_"), message_of(error))


def _fleet(options: argparse.Namespace) -> Iterator[Checkup]:
    from cuelet.cli.doctor.fleet import fleet

    yield from fleet(show=options.show, wait_s=options.wait)


def _folders() -> Iterator[Checkup]:
    from cuelet.cli.doctor.folders import folders

    yield from folders()


def _configuration() -> Iterator[Checkup]:
    from cuelet.cli.doctor.configuration import configuration

    yield from configuration()


def _absent(silent: int | None) -> Checkup:
    """Say what is of a farm that cannot be asked: whether a process runs it all the same."""
    if silent is None:
        words = "not running; it starts when first needed and its state is well"
        return Checkup("ok", "farm", words)
    from cuelet.cli.farm.status import silence_words

    words = f"process {silent} runs the farm and does not answer: {silence_words(silent)}"
    return Checkup("error", "farm", words)


def _farm() -> Iterator[Checkup]:
    """Say where jobs go and whether they would run, and whether the embedded farm runs, in the version of this command."""
    import cuelet
    import opencue

    servers = opencue.cuebot.hosts_in_use()
    if servers:
        from cuelet.cli.doctor.cuebot import cuebot

        yield from cuebot(servers)
    else:
        yield Checkup("ok", "server", "none named: jobs go to the embedded farm of this machine")
    info = opencue.farm.is_running()
    if info is None:
        holder = opencue.farm.holder()
        if holder is not None or not servers:
            yield _absent(holder)
        return
    detail = f"{info['address']}, process {info['pid']}, version {info['version']}"
    if info["version"] != cuelet.__version__:
        remedy = "cuelet farm stop, then cuelet farm start"
        yield Checkup("warning", "farm", f"{detail}; this is {cuelet.__version__}: {remedy}")
    else:
        yield Checkup("ok", "farm", detail)

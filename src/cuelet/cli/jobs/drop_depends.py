"""``cuelet drop-depends``: let a job, or a layer of it, start without waiting for other jobs."""

from __future__ import annotations

import argparse

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.client.lookup import find_job
from cuelet.quantities import count
from opencue.wrappers.depend import Depend
from opencue.wrappers.job import Job


def drop(options: argparse.Namespace) -> int:
    """Drop the depends of a job on other jobs: all of them, or those that are named."""
    job = find_job(options.job)
    chosen = _on_other_jobs(job)
    if options.layer:
        layers = {job.getLayer(name).name() for name in options.layer}
        chosen = [depend for depend in chosen if depend.dependErLayer() in layers]
    if options.on:
        on = find_job(options.on).name()
        chosen = [depend for depend in chosen if depend.dependOnJob() == on]
    if not chosen:
        raise CommandError(
            f"{job.name()}: no such depend on another job; see cuelet show {job.name()}"
        )
    for depend in chosen:
        depend.satisfy()
    print(f"dropped {count(len(chosen), 'depend')} of {job.name()}")
    return Exit.OK


def _on_other_jobs(job: Job) -> list[Depend]:
    """Return what is in force between a job and others."""
    external = opencue.api.depend_pb2.EXTERNAL
    return [each for each in job.getDepends() if each.target() == external and each.isActive()]

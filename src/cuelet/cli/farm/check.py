"""``cuelet farm check``: what is damaged in the farm's database, or in a copy of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from cuelet.cli.exits import CommandError, Exit
from cuelet.quantities import count
from cuelet.settings import Settings, default_state_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cuelet.store.inspection import Inspection

_ADVICE = (
    "nothing of these jobs runs, and nothing of them is deleted: "
    "restore a backup, or launch them again and let these go with cuelet farm check --remove JOB "
    "(docs/how-to/recover.md)"
)


def check(options: argparse.Namespace) -> int:
    """Say what is damaged; exit 1 when anything is, whether the farm runs or not."""
    from cuelet.store.errors import StoreError
    from cuelet.store.inspection import inspect

    settings = Settings(state_dir=default_state_dir())
    if options.remove:
        return _remove(settings, options)
    path = Path(options.file).expanduser().absolute() if options.file else settings.database
    if not path.exists():
        raise CommandError(f"{path} does not exist: no farm ran there", Exit.NOT_FOUND)
    try:
        found = inspect(path)
    except StoreError as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    if options.json:
        print(json.dumps(_values(found)))
    else:
        _tell(found)
    return Exit.OK if found.is_whole else Exit.FAILED


def _tell(found: Inspection) -> None:
    from cuelet.store.migrating import SUMMED_SINCE

    print(f"{found.path}: schema {found.schema}, {count(found.jobs, 'whole job')}")
    if found.schema < SUMMED_SINCE:
        print(
            "rows of this schema have no checksums: only how the file is put together was checked"
        )
    if found.structure:
        print(f"structure  {found.structure}")
        print("           the farm takes what is whole into a new database when it starts next,")
        print("           and keeps this file beside it")
    for job in found.set_aside:
        print(f"damaged    {job.name} ({job.id}): {job.reason}")
    for note in found.notes:
        print(f"damaged    {note}")
    if found.set_aside:
        print(_ADVICE)


def _values(found: Inspection) -> dict[str, object]:
    return {
        "path": str(found.path),
        "schema": found.schema,
        "structure": found.structure or "ok",
        "jobs": found.jobs,
        "damaged": [job._asdict() for job in found.set_aside],
        "notes": list(found.notes),
    }


def _remove(settings: Settings, options: argparse.Namespace) -> int:
    """Remove what is left of a damaged job; the farm must not run meanwhile."""
    from cuelet import state_files
    from cuelet.store.errors import StoreError
    from cuelet.store.store import Store

    if options.file:
        raise CommandError("--remove works on the farm's own database; leave FILE out", Exit.USAGE)
    if not settings.database.exists():
        raise CommandError(f"{settings.state_dir} has no database: no farm ran there")
    try:
        lock = state_files.hold(settings)
    except state_files.FolderHeldError as error:
        raise CommandError(f"{error}; running frames go on meanwhile") from error
    try:
        removed = Store(settings.database).remove_damaged(options.remove)
    except StoreError as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    finally:
        state_files.release(lock)
    if removed is None:
        raise CommandError(
            f"no damaged job {options.remove!r}; see cuelet farm check", Exit.NOT_FOUND
        )
    if options.json:
        print(json.dumps({"removed": removed._asdict()}))
    else:
        print(f"removed what was left of {removed.name} ({removed.id})")
    return Exit.OK

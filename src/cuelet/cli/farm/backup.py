"""``cuelet farm backup``: a copy of the farm's database, whether the farm runs or not."""

from __future__ import annotations

import argparse
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import opencue
from cuelet.cli.exits import CommandError, Exit
from cuelet.quantities import memory
from cuelet.settings import Settings, default_state_dir


def backup(options: argparse.Namespace) -> int:
    """Copy the database; through the farm when one runs, because it alone may read it then."""
    target = Path(options.file).expanduser().absolute()
    if opencue.farm.is_running():
        answer = opencue.farm.call("Backup", path=str(target), force=options.force)
        size = int(answer["size_bytes"])
    else:
        size = _back_up_unused(target, force=options.force)
    if options.json:
        print(json.dumps({"path": str(target), "size_bytes": size}))
    else:
        print(f"{target}: {memory(size / 1024)}")
    return Exit.OK


def _back_up_unused(target: Path, *, force: bool) -> int:
    """Copy the database of a farm that does not run, in the schema it has."""
    from cuelet import state_files
    from cuelet.store.backup import back_up
    from cuelet.store.errors import StoreError

    settings = Settings(state_dir=default_state_dir())
    if not settings.database.exists():
        raise CommandError(f"{settings.state_dir} has no database: no farm ran there")
    try:
        lock = state_files.hold(settings)
    except state_files.FolderHeldError as error:
        raise CommandError(str(error)) from error
    try:
        with closing(sqlite3.connect(settings.database)) as database:
            return back_up(database, target, force=force)
    except (StoreError, sqlite3.Error) as error:
        raise CommandError(str(error)) from error
    finally:
        state_files.release(lock)

"""Rows of what people set up beside jobs: shows, groups, filters and the like."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.kinds import KINDS
from cuelet.core.state.setup.record import Record
from cuelet.store.reading import Reader
from cuelet.store.sql import queries
from cuelet.store.tables import RECORD

SINCE = 10
"""The first schema that has them."""
_COUNT = ("", "count")
_WORDS = (
    "{} of what was set up (shows, groups, filters, services and the like) cannot be read: "
    "it is as if it had never been made; look through it, and make it again"
)


def write(database: sqlite3.Connection, changed: Mapping[tuple[str, str], Record | None]) -> None:
    """Write changed records by (kind, id), and how many there are, inside a transaction."""
    for (kind, record_id), record in changed.items():
        if record is None:
            database.execute(queries()["drop_record"], (kind, record_id))
        else:
            _put(database, kind, record_id, json.dumps(record.to_data(), separators=(",", ":")))
    (count,) = database.execute(queries()["count_records"]).fetchone()
    _put(database, *_COUNT, f"{count}")


def _put(database: sqlite3.Connection, kind: str, record_id: str, value: str) -> None:
    database.execute(queries()["put_record"], RECORD.summed((kind, record_id, value)))


def read(reader: Reader, farm: Farm) -> list[str]:
    """Bring a fresh farm's records to what was last committed; say what is damaged of them.

    Kinds that this version does not know, which only a later one has written, stay as they are.
    """
    rows = {(kind, record_id): value for kind, record_id, value in reader.rows(RECORD)}
    counted = rows.pop(_COUNT, None)
    for (kind, record_id), value in rows.items():
        if kind in KINDS:
            farm.records.adopt(KINDS[kind].from_data(record_id, json.loads(value)))
    farm.shares.rebuild(farm.jobs.values())
    lost = len(reader.wrong(RECORD)) or (int(counted or 0) - len(rows))
    return [_WORDS.format(abs(lost))] if lost else []

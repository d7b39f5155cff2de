"""Rows of what people set up for the whole farm: limits, what the machine is as a host, and records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import Host
from cuelet.core.state.limits import Limit
from cuelet.store import records
from cuelet.store.migrating import version_of, write_farm_tally
from cuelet.store.reading import Reader
from cuelet.store.sql import queries
from cuelet.store.tables import FARM_TALLY, HOST, LIMITS

_LIMITS_WORDS = (
    "limits are damaged: one whose number is not known lets nothing run; "
    "compare cuelet limits list with what you set, and set them again"
)
_HOST_WORDS = (
    "what was said of this machine (tags, services, GPUs, a lock) is damaged and not in force; "
    "say it again: cuelet farm start --tags, --services, --gpus"
)
_TALLY_WORDS = (
    "the count of limits and settings is damaged; compare cuelet limits list with what you set"
)


def write(database: sqlite3.Connection, decision: Decision) -> None:
    """Write what a decision changed, inside its transaction."""
    if decision.records:
        records.write(database, decision.records)
    if not decision.limits and decision.host is None:
        return
    _write_limits(database, decision.limits)
    if decision.host is not None:
        row = HOST.summed((1, json.dumps(_settings(decision.host))))
        database.execute(queries()["put_host"], row)
    write_farm_tally(database, version_of(database))


def _write_limits(database: sqlite3.Connection, changed: Mapping[str, Limit | None]) -> None:
    """Write limits by id; all old rows go first, as two may have swapped their names."""
    for limit_id in changed:
        database.execute(queries()["drop_limit"], (limit_id,))
    for limit in changed.values():
        if limit is not None:
            row = LIMITS.summed((limit.id, limit.name, limit.max_value))
            database.execute(queries()["put_limit"], row)


def read(database: sqlite3.Connection, farm: Farm) -> list[str]:
    """Bring a fresh farm, without jobs yet, to what was last committed; say what is damaged of it.

    A damaged limit lets nothing run, for it may be that of a licence.
    """
    reader = Reader(database)
    limits, hosts = list(reader.rows(LIMITS)), list(reader.rows(HOST))
    held = [(f"{limit_id}", f"{name}", 0) for limit_id, name, *_ in reader.wrong(LIMITS)]
    for limit in (*held, *limits):
        farm.limits.by_name[limit[1]] = Limit(*limit)
    for _, text in hosts:
        farm.host = _host(farm.host, json.loads(text))
    (tally, *_) = [*reader.rows(FARM_TALLY), None]
    kept = records.read(reader, farm) if version_of(database) >= records.SINCE else []
    return [*_notes(reader, tally, len(limits), len(hosts)), *kept]


def _notes(reader: Reader, tally: Sequence[int] | None, limits: int, hosts: int) -> Iterator[str]:
    if tally is None:
        yield _TALLY_WORDS
    if reader.wrong(LIMITS) or (tally and tally[3] != limits):
        yield _LIMITS_WORDS
    if reader.wrong(HOST) or (tally and tally[4] != hosts):
        yield _HOST_WORDS


def _settings(host: Host) -> dict[str, object]:
    return {
        "added_tags": host.added_tags,
        "removed_tags": host.removed_tags,
        "services": host.services,
        "gpus": host.gpus,
        "locked": host.locked,
        "state": host.state,
        "thread_mode": host.thread_mode,
        "os": host.os,
    }


def _host(fresh: Host, settings: Mapping[str, object]) -> Host:
    """Return a machine with its settings; lists come back as tuples."""
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    return replace(fresh, _known={}, **values)  # type: ignore[arg-type] # by name

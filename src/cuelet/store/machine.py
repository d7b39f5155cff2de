"""Rows of what people set up for the whole machine: its limits, and what it is as a host."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import Host
from cuelet.core.state.limits import Limit
from cuelet.store.sql import queries


def write(database: sqlite3.Connection, decision: Decision) -> None:
    """Write what a decision changed, inside its transaction."""
    _write_limits(database, decision.limits)
    if decision.host is not None:
        database.execute(queries()["put_host"], (json.dumps(_settings(decision.host)),))


def _write_limits(database: sqlite3.Connection, changed: Mapping[str, Limit | None]) -> None:
    """Write limits by id; all old rows go first, as two may have swapped their names."""
    for limit_id in changed:
        database.execute(queries()["drop_limit"], (limit_id,))
    for limit in changed.values():
        if limit is not None:
            database.execute(queries()["put_limit"], (limit.id, limit.name, limit.max_value))


def read(database: sqlite3.Connection, farm: Farm) -> None:
    """Bring a fresh farm, without jobs yet, to what was last committed."""
    for limit_id, name, max_value in database.execute(queries()["all_limits"]):
        farm.limits.by_name[name] = Limit(limit_id, name, max_value)
    for (text,) in database.execute(queries()["the_host"]):
        farm.host = _host(farm.host, json.loads(text))


def _settings(host: Host) -> dict[str, object]:
    return {
        "added_tags": host.added_tags,
        "removed_tags": host.removed_tags,
        "services": host.services,
        "gpus": host.gpus,
        "locked": host.locked,
    }


def _host(fresh: Host, settings: Mapping[str, object]) -> Host:
    """Return a machine with its settings; lists come back as tuples."""
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    return replace(fresh, _known={}, **values)  # type: ignore[arg-type] # by name

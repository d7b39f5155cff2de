"""Every class of record, by what the database calls it."""

from __future__ import annotations

from cuelet.core.state.setup.record import Record

_ALL: tuple[type[Record], ...] = ()

KINDS: dict[str, type[Record]] = {kind.KIND: kind for kind in _ALL}

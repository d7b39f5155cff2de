"""Every class of record, by what the database calls it."""

from __future__ import annotations

from cuelet.core.state.setup.record import Record
from cuelet.core.state.setup.settings import FrameSettings, JobSettings, LayerSettings

_ALL: tuple[type[Record], ...] = (JobSettings, LayerSettings, FrameSettings)

KINDS: dict[str, type[Record]] = {kind.KIND: kind for kind in _ALL}

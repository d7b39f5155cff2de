"""Who owns this machine, and what people have to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class HostComment(Record):
    """A remark somebody left on this machine."""

    KIND: ClassVar[str] = "host_comment"
    at: float = 0.0
    user: str = ""
    subject: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner(Record):
    """Somebody who may own machines."""

    KIND: ClassVar[str] = "owner"
    name: str = ""
    show: str = ""
    """Name of the show the owner works for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Record):
    """That this machine belongs to an owner; there is at most one."""

    KIND: ClassVar[str] = "deed"
    owner: str = ""
    """Id of the owner."""

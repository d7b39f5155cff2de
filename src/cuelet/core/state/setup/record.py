"""One thing that people set up, in plain values, and all of them by kind and id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Protocol, Self, TypeVar, cast

from cuelet.core.values.errors import NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept of one thing; immutable: a changed one takes the place of the old.

    Fields of subclasses are text, numbers, truth values, and tuples of those, and each has a
    default, so that records of earlier and later versions can be read.
    """

    KIND: ClassVar[str] = ""
    """What the database calls records of this class; never changed."""
    id: str

    def to_data(self) -> dict[str, Any]:
        """Return what is kept beside kind and id, in plain values."""
        values = asdict(self)
        del values["id"]
        return values

    @classmethod
    def from_data(cls, record_id: str, data: Mapping[str, Any]) -> Self:
        """Return the record of `to_data`; what this version does not know is passed over."""
        known = {field.name for field in fields(cls)} - {"id"}
        values = {name: _frozen(value) for name, value in data.items() if name in known}
        return cls(id=record_id, **values)


_R = TypeVar("_R", bound=Record)


class Notes(Protocol):
    """Takes note of changed records; `decision.Decision` does."""

    records: dict[tuple[str, str], Record | None]


class Records:
    """Every record of a farm."""

    def __init__(self) -> None:
        self._by_kind: dict[str, dict[str, Record]] = {}

    def __iter__(self) -> Iterator[Record]:
        for records in self._by_kind.values():
            yield from records.values()

    def all(self, kind: type[_R]) -> list[_R]:
        """Return every record of a class, in no order that matters."""
        return [cast(_R, record) for record in self._by_kind.get(kind.KIND, {}).values()]

    def has(self, kind: type[Record]) -> bool:
        """Tell whether there is a record of a class."""
        return bool(self._by_kind.get(kind.KIND))

    def has_any(self, kinds: Iterable[type[Record]]) -> bool:
        """Tell whether there is a record of one of some classes."""
        return any(self.has(kind) for kind in kinds)

    def find(self, kind: type[_R], record_id: str) -> _R | None:
        """Return a record by id, or None."""
        return cast("_R | None", self._by_kind.get(kind.KIND, {}).get(record_id))

    def get(self, kind: type[_R], record_id: str) -> _R:
        """Return a record by id; raises NotFoundError."""
        found = self.find(kind, record_id)
        if found is None:
            raise NotFoundError(kind=kind.KIND.replace("_", " "), name=record_id)
        return found

    def adopt(self, record: Record) -> None:
        """Take in a record from disk."""
        self._by_kind.setdefault(record.KIND, {})[record.id] = record

    def put(self, record: Record, decision: Notes) -> None:
        """Keep a record, new or in the place of the one with its id."""
        self.adopt(record)
        decision.records[record.KIND, record.id] = record

    def remove(self, record: Record, decision: Notes) -> None:
        """Forget a record; one that is not there is forgotten already."""
        self._by_kind.get(record.KIND, {}).pop(record.id, None)
        decision.records[record.KIND, record.id] = None


def _frozen(value: Any) -> Any:
    """Return lists, as JSON has them, as tuples."""
    return tuple(_frozen(each) for each in value) if isinstance(value, (list, tuple)) else value

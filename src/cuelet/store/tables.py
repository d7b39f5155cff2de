"""What every table of the database holds, and the checksum that each of its rows carries."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any
from zlib import adler32, crc32

Row = tuple[Any, ...]
_Sum = Callable[[bytes], int]

_HALF = 1 << 31
_NOT_AS_DECLARED = (struct.error, TypeError, ValueError, OverflowError, AttributeError, IndexError)
"""What damaged values raise where they are taken for what their column holds."""


class Table:
    """One table: its columns as the file has them, and how a row of it is summed.

    Args:
        name: The table.
        columns: ``name:kind`` of each column without ``sum``, in the order of their declaration;
            ``i`` is a whole number, ``f`` one with fractions, ``t`` text, ``n`` a whole number or null.
        unsummed: Columns that the sum leaves out.
        has_rowid: Whether the first column is the row id, which SQLite keeps beside the record.
        key_columns: How many columns tell a row from all others; 0 for one, or job and index.
    """

    def __init__(
        self,
        name: str,
        columns: str,
        *,
        unsummed: Sequence[str] = (),
        has_rowid: bool = False,
        key_columns: int = 0,
    ) -> None:
        pairs = [column.split(":") for column in columns.split()]
        self.name, self.has_rowid = name, has_rowid
        self.columns = tuple(column for column, _ in pairs)
        self._key_columns = key_columns or (1 if has_rowid or pairs[0][0] != "job" else 2)
        self.kinds = tuple(kind for _, kind in pairs)
        kept = [n for n, column in enumerate(self.columns) if column not in unsummed]
        numbers = [n for n in kept if self.kinds[n] in "if"]
        formats = "".join("d" if self.kinds[n] == "f" else "q" for n in numbers)
        self.sum_of = _summing(
            f"{name}\0".encode(),
            struct.Struct("<" + formats).pack,
            _picker(numbers),
            _picker([n for n in kept if self.kinds[n] == "t"]),
            [n for n in kept if self.kinds[n] == "n"],
        )
        """Returns the checksum of a row whose values are in the order of the columns."""

    def summed(self, row: Row) -> tuple[Any, ...]:
        """Return a row with its checksum behind it."""
        return (*row, self.sum_of(row))

    def is_whole(self, row: Row) -> bool:
        """Tell whether a row, its checksum at its end, is as it was written."""
        return bool(list(self.whole([row], [])))

    def whole(self, rows: Iterable[Row], wrong: list[Row]) -> Iterator[Row]:
        """Yield each row that is as it was written, without its checksum; the others go to ``wrong``."""
        sum_of = self.sum_of
        for row in rows:
            try:
                is_whole = sum_of(row) == row[-1]
            except _NOT_AS_DECLARED:
                is_whole = False
            if is_whole:
                yield row[:-1]
            else:
                wrong.append(row)

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """Return what tells a row from all others of the table."""
        return tuple(row[: self._key_columns])

    @property
    def select(self) -> str:
        """The statement that reads every row, in the order of the file."""
        columns = ", ".join(self.columns)
        return f"SELECT {columns}, sum FROM {self.name}"  # noqa: S608 names of this file

    @property
    def insert(self) -> str:
        """The statement that puts a row into a fresh database, unless its key is taken."""
        columns, marks = ", ".join(self.columns), ", ".join("?" * (len(self.columns) + 1))
        into = f"{self.name} ({columns}, sum)"
        return f"INSERT OR IGNORE INTO {into} VALUES ({marks})"  # noqa: S608 names of this file


def _picker(positions: Sequence[int]) -> Callable[[Row], tuple[Any, ...]]:
    """Return what picks some values out of a row, always as a tuple."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: tuple(row[n] for n in positions)


def _summing(
    salt: bytes,
    pack: Callable[..., bytes],
    numbers: Callable[[Row], tuple[Any, ...]],
    texts: Callable[[Row], tuple[Any, ...]],
    optional: Sequence[int],
) -> Callable[[Row], int]:
    """Return what sums a row; all in one function, for a start sums every row there is.

    Eight bytes, as SQLite keeps a number: CRC-32 finds every changed bit and every run of up to 32;
    Adler-32 beside it fails for other reasons. A cryptographic hash of so little takes ten times as
    long, in the farm's one thread.
    """

    def sum_of(row: Row, crc32: _Sum = crc32, adler32: _Sum = adler32) -> int:
        text = "\0".join(texts(row))
        if optional:
            text += "".join(f"\0{row[n]}" for n in optional)
        kept = text.encode() if text.isascii() else _bytes_of(text)
        data = salt + pack(*numbers(row)) + kept
        return (crc32(data) - _HALF) << 32 | adler32(data)

    return sum_of


def _bytes_of(text: str) -> bytes:
    """Return text as it is stored, bytes that were none included."""
    return text.encode("utf-8", "surrogateescape")


def _digest(data: bytes) -> int:
    return (crc32(data) - _HALF) << 32 | adler32(data)


def schema_sum(text: str) -> int:
    """Return the checksum of the statements that made all tables."""
    return _digest(f"schema\0{text}".encode("utf-8", "surrogateescape"))


def spec_sum(job_id: str, spec: str) -> int:
    """Return the checksum of a job's specification, which never changes."""
    return _digest(f"spec\0{job_id}\0{spec}".encode("utf-8", "surrogateescape"))


JOB = Table(
    "job",
    "pk:i id:t spec:t state:i paused:i priority:i autoeat:i max_retries:i min_cores:f max_cores:f "
    "submitted_at:f stopped_at:f after:t token:t spec_sum:i",
    unsummed=("spec", "after", "spec_sum"),
    has_rowid=True,
)
LAYER = Table("layer", "job:i idx:i cores:f max_cores:f memory_mb:i retries:i tags:t")
LAYER_START = Table(
    "layer_start",
    "job:i idx:i limits:t gpus:i threadable:i dispatch_order:i frame_order:t start_after:f "
    "start_reason:t",
)
RELEASED_EDGE = Table("released_edge", "job:i idx:i")
DEPEND = Table(
    "depend",
    "job:i idx:i kind:t outcome:t layer:t er_frame:n on_job:t on_layer:t on_frame:n",
)
COMMENT = Table("comment", "job:i pos:i number:i at:f user:t subject:t message:t")
FRAME = Table(
    "frame",
    "job:i idx:i state:i attempt:i retries:i exit_status:i exit_signal:i start_at:f stop_at:f "
    "wall_s:f cpu_s:f max_rss_kb:i freed:i assumed:i intent:t reason:t spared:i raises:i "
    "held_cores:f held_mb:i outdated:i",
)
TALLY = Table("tally", "job:i id:t name:t frames:i others:i", has_rowid=True)
MADE = Table("made", "key:t command:t env:t frames:t inputs:t outputs:t")
LIMITS = Table("limits", "id:t name:t max_value:i")
HOST = Table("host", "only:i settings:t", has_rowid=True)
RECORD = Table("record", "kind:t id:t value:t", key_columns=2)
FARM_TALLY = Table("farm_tally", "only:i schema:i schema_sum:i limits:i hosts:i", has_rowid=True)

BESIDE_FRAMES = (LAYER, LAYER_START, RELEASED_EDGE, DEPEND, COMMENT)
"""Tables of jobs that a tally counts together."""
OF_JOBS = (*BESIDE_FRAMES, FRAME)
ALL = (JOB, TALLY, *OF_JOBS, MADE, LIMITS, HOST, RECORD, FARM_TALLY)

"""Records out of the pages of a SQLite file, none of whose structure is trusted.

Only leaves of tables, and the pages of tables without row ids, are looked at, one by one; whether a
record is what it seems is for whoever knows its checksum.

Source: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

PAGE_BYTES = 4096
_FILE_HEADER = 100
"""Bytes before the header of the first page."""
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_HEADER = {_TABLE_LEAF: 8, _INDEX_LEAF: 8, _INDEX_INNER: 12}
"""Kinds of pages that hold records, with the sizes of their headers."""
_LEAST_KEPT = (PAGE_BYTES - 12) * 32 // 255 - 23
_MOST_KEPT = {
    _TABLE_LEAF: PAGE_BYTES - 35,
    _INDEX_LEAF: (PAGE_BYTES - 12) * 64 // 255 - 23,
    _INDEX_INNER: (PAGE_BYTES - 12) * 64 // 255 - 23,
}
"""Bytes of a record that a page holds itself; the rest is in pages of its own."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial types of whole numbers, with their sizes."""
_FLOAT, _ZERO, _ONE, _FIRST_LONG = 7, 8, 9, 12


class Record(NamedTuple):
    """Values as they lie in a page."""

    rowid: int | None
    """None in tables without row ids."""
    values: tuple[Any, ...]


class PageError(ValueError):
    """Say that bytes are no record."""


def records(data: bytes) -> Iterator[Record]:
    """Yield what looks like a record in any page of a file."""
    for start in range(0, len(data) - PAGE_BYTES + 1, PAGE_BYTES):
        page = data[start : start + PAGE_BYTES]
        yield from _records_of(data, page, _FILE_HEADER if start == 0 else 0)


def _records_of(data: bytes, page: bytes, header: int) -> Iterator[Record]:
    """Yield what a page holds if it is of any kind: what it says of itself may be damaged, too."""
    for kind in _HEADER:
        yield from _records_of_kind(data, page, header, kind)


def _records_of_kind(data: bytes, page: bytes, header: int, kind: int) -> Iterator[Record]:
    count = int.from_bytes(page[header + 3 : header + 5], "big")
    first = header + _HEADER[kind]
    for place in range(first, min(first + 2 * count, PAGE_BYTES - 1), 2):
        cell = int.from_bytes(page[place : place + 2], "big")
        try:
            yield _record(data, page, cell, kind)
        except (PageError, IndexError, struct.error, UnicodeDecodeError):
            continue


def _record(data: bytes, page: bytes, at: int, kind: int) -> Record:
    """Return the record of a cell."""
    rowid = None
    if kind == _INDEX_INNER:
        at += 4
    size, at = _varint(page, at)
    if kind == _TABLE_LEAF:
        rowid, at = _varint(page, at)
    return Record(rowid, _values(_payload(data, page, at, size, kind)))


def _payload(data: bytes, page: bytes, at: int, size: int, kind: int) -> bytes:
    """Return the bytes of a record, those on further pages included."""
    most = _MOST_KEPT[kind]
    if size <= most:
        return page[at : at + size]
    if size > len(data):
        raise PageError("longer than the file")
    kept = _LEAST_KEPT + (size - _LEAST_KEPT) % (PAGE_BYTES - 4)
    kept = kept if kept <= most else _LEAST_KEPT
    parts, left = [page[at : at + kept]], size - kept
    following = page[at + kept : at + kept + 4]
    while left > 0:
        start = (int.from_bytes(following, "big") - 1) * PAGE_BYTES
        if not 0 < start <= len(data) - PAGE_BYTES:
            raise PageError("continued nowhere")
        following = data[start : start + 4]
        parts.append(data[start + 4 : start + 4 + min(left, PAGE_BYTES - 4)])
        left -= PAGE_BYTES - 4
    return b"".join(parts)


def _values(payload: bytes) -> tuple[Any, ...]:
    """Return the values of a record."""
    header_bytes, at = _varint(payload, 0)
    types = []
    while at < header_bytes:
        serial, at = _varint(payload, at)
        types.append(serial)
    values = []
    for serial in types:
        value, at = _value(payload, at, serial)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, at: int, serial: int) -> tuple[Any, int]:
    """Return a value and where the next one begins."""
    if serial in (_ZERO, _ONE):
        return serial - _ZERO, at
    if serial in _INTEGERS:
        end = at + _INTEGERS[serial]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if serial == _FLOAT:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    if serial >= _FIRST_LONG:
        end = at + (serial - _FIRST_LONG) // 2
        if end > len(payload):
            raise PageError("longer than its record")
        stored = payload[at:end]
        return (stored.decode("utf-8", "surrogateescape") if serial % 2 else stored), end
    return None, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes and where the next thing begins."""
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) * (value >= 1 << 63), at + 9

"""A disk that forgets what was not synced: what a traced process wrote, and images of a power loss.

Bytes are safe after a sync of their file, names after a sync of their folder; of everything else
any part may be there, down to single sectors.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

SECTOR_BYTES = 512
CALLS = (
    "openat,write,writev,pwrite64,pwritev,fallocate,fdatasync,fsync,ftruncate,unlink,rename,mmap"
)
_LINE = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)")
_HANDLE = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Op:
    """One thing a process did to a file, or said."""

    kind: str
    name: str
    """Of the file within the watched folder; empty for the folder itself."""
    offset: int = 0
    data: bytes = b""


def read_trace(trace: Path, folder: Path) -> Iterator[Op]:
    """Yield what a process did in a folder, and the lines it wrote to its standard output."""
    for line in trace.read_text().splitlines():
        found = _LINE.match(line)
        if found is None or found[3].startswith("-1"):
            continue
        op = _op(found[1], found[2], found[3])
        if op is None or op.kind == "say":
            yield from [op] if op else []
        elif PurePath(op.name).is_relative_to(folder):
            name = "" if op.name == str(folder) else PurePath(op.name).name
            yield Op(op.kind, name, op.offset, op.data)


def _op(call: str, arguments: str, result: str) -> Op | None:
    handle, text = _HANDLE.match(arguments), _TEXT.search(arguments)
    name = _decode(handle[1] if handle else text[1] if text else "").decode()
    data = _decode(text[1]) if text else b""
    last = arguments.rpartition(", ")[2]
    match call:
        case "write" if arguments.startswith("1<"):
            return Op("say", "", 0, data)
        case "pwrite64":
            assert int(result) == len(data), "a short write"
            return Op("write", name, int(last), data)
        case "ftruncate":
            return Op("truncate", name, int(last))
        case "fdatasync" | "fsync":
            return Op("sync", name)
        case "unlink":
            return Op("unlink", name)
        case "openat" if "O_CREAT" in arguments:
            assert "O_TRUNC" not in arguments or ".pyc" in name, arguments
            return Op("create", _decode(text[1]).decode() if text else "")
        case "openat":
            return None
    return Op("unknown " + call, name)


def _decode(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class File:
    """Bytes that are safe, and what was done since."""

    synced: bytes = b""
    pending: list[Op] = field(default_factory=list)

    def sync(self) -> None:
        self.synced = _apply(self.synced, self.pending)
        self.pending = []

    def image(self, chance: random.Random) -> bytes:
        """Return what may be found: everything since the last sync, nothing, or any part of it."""
        style = chance.choice(("all", "none", "some", "torn"))
        if style in ("all", "none"):
            return _apply(self.synced, self.pending if style == "all" else [])
        kept = [op for op in self.pending if chance.random() < 0.5]
        if style == "torn":
            kept = [part for op in kept for part in _sectors(op) if chance.random() < 0.5]
        return _apply(self.synced, kept)


class Disk:
    """One folder of files, some of whose names may not be safe yet."""

    def __init__(self) -> None:
        self._live: dict[str, File] = {}
        self._named: dict[str, File] = {}
        self._renamed: list[tuple[str, File | None]] = []

    def do(self, op: Op) -> None:
        """Do what the process did."""
        if op.kind == "create" and op.name not in self._live:
            self._live[op.name] = File()
            self._renamed.append((op.name, self._live[op.name]))
        elif op.kind == "unlink":
            del self._live[op.name]
            self._renamed.append((op.name, None))
        elif op.kind == "sync" and not op.name:
            self._named, self._renamed = dict(self._live), []
        elif op.kind == "sync":
            self._live[op.name].sync()
        elif op.kind in ("write", "truncate"):
            self._live[op.name].pending.append(op)
        elif op.kind.startswith("unknown"):
            raise AssertionError(f"the model does not know {op.kind} of {op.name}")

    def image(self, chance: random.Random) -> dict[str, bytes]:
        """Return the files that a power loss now may leave; names change in their order."""
        names = dict(self._named)
        for name, file in self._renamed[: chance.randint(0, len(self._renamed))]:
            names.pop(name, None)
            if file:
                names[name] = file
        return {name: file.image(chance) for name, file in names.items()}


def _apply(start: bytes, ops: list[Op]) -> bytes:
    content = bytearray(start)
    for op in ops:
        if op.kind == "truncate":
            del content[op.offset :]
            content.extend(bytes(op.offset - len(content)))
        else:
            content.extend(bytes(max(0, op.offset - len(content))))
            content[op.offset : op.offset + len(op.data)] = op.data
    return bytes(content)


def _sectors(op: Op) -> list[Op]:
    """Split a write where a disk may break it."""
    if op.kind != "write":
        return [op]
    ends = [
        *range(SECTOR_BYTES - op.offset % SECTOR_BYTES, len(op.data), SECTOR_BYTES),
        len(op.data),
    ]
    starts = [0, *ends[:-1]]
    return [
        Op("write", op.name, op.offset + start, op.data[start:end])
        for start, end in zip(starts, ends, strict=True)
    ]

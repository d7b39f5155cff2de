"""The resident's memory on disk: which runs were begun, which ended, what the farm has taken over.

It has to survive the death of the process, not of the machine: records are written with one
write(2) and never synced. Folding a record twice changes nothing, so a batch whose write was cut
short is simply written again.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from cuelet.core.values.runs import RunExited
from cuelet.runner import wire
from cuelet.runner.errors import JournalError, ProtocolError

COMPACT_BYTES = 256 * 1024
"""Size beyond which a journal that is mostly history is rewritten."""


@dataclass(slots=True)
class Entry:
    """What the journal knows of one run that nobody has acknowledged."""

    run_id: str
    boot_id: str
    at: float
    """Epoch seconds of its beginning."""
    began_s: float
    """The same on the monotonic clock of that boot."""
    pid: int = 0
    start_ticks: int = 0
    exited: RunExited | None = None


class Journal:
    """Append-only record of runs, with its folded contents in `entries`."""

    def __init__(self, path: str, boot_id: str) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._boot_id = boot_id
        self._pending: list[bytes] = []
        for record in _read_records(path):
            self._fold(record)
        self._handle = -1
        self._size = 0
        self._begin_file()

    def begin(self, run_id: str, at: float, began_s: float) -> None:
        """Note that a run is about to get its first process; flush before it does."""
        self._add(
            {"m": "run", "run_id": run_id, "boot_id": self._boot_id, "at": at, "began_s": began_s}
        )

    def note_process(self, run_id: str, pid: int, start_ticks: int) -> None:
        """Note the process of the current step of a run."""
        self._add({"m": "pid", "run_id": run_id, "pid": pid, "start_ticks": start_ticks})

    def end(self, exited: RunExited) -> None:
        """Note how a run ended; flush before anybody is told."""
        if entry := self.entries.get(exited.run_id):
            entry.exited = exited
        self._pending.append(_seal(wire.line_from_event(exited)))

    def acknowledge(self, run_ids: list[str]) -> None:
        """Forget ended runs: the farm has recorded them."""
        ended = [run_id for run_id in run_ids if self._is_ended(run_id)]
        if ended:
            self._add({"m": "ack", "run_ids": ended})

    def flush(self) -> None:
        """Hand all new records to the kernel in one write.

        Raises:
            JournalError: They could not be written; they are kept and tried again next time.
        """
        if not self._pending:
            return
        text = b"".join(self._pending)
        try:
            written = os.write(self._handle, text)
        except OSError as error:
            raise self._torn(error) from error
        if written < len(text):
            raise self._torn(OSError(28, "No space left on device"))
        self._pending.clear()
        self._size += written
        if self._size > max(COMPACT_BYTES, 1024 * len(self.entries)):
            self._size = 0  # should it fail, it is tried again after as much more
            with suppress(JournalError):
                self._compact()

    def close(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        os.close(self._handle)

    def _begin_file(self) -> None:
        """Rewrite the file, or on a full disk go on with the old one behind its torn last line."""
        try:
            self._compact()
        except JournalError as error:
            try:
                self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            except OSError:
                raise error from None
            self._pending.append(b"\n")

    def _is_ended(self, run_id: str) -> bool:
        entry = self.entries.get(run_id)
        return entry is not None and entry.exited is not None

    def _add(self, record: wire.Message) -> None:
        self._fold(record)
        self._pending.append(line_from_record(record))

    def _torn(self, cause: OSError) -> JournalError:
        # The half line must not swallow the first record of the next try.
        if self._pending[0] != b"\n":
            self._pending.insert(0, b"\n")
        return JournalError(self.path, cause)

    def _fold(self, record: wire.Message) -> None:
        match record["m"]:
            case "run":
                fields = {name: record[name] for name in ("run_id", "boot_id", "at", "began_s")}
                self.entries.setdefault(record["run_id"], Entry(**fields))
            case "pid" if entry := self.entries.get(record["run_id"]):
                entry.pid, entry.start_ticks = record["pid"], record["start_ticks"]
            case "exited" if entry := self.entries.get(record["run_id"]):
                entry.exited = wire.exit_from_message(record)
            case "ack":
                for run_id in record["run_ids"]:
                    self.entries.pop(run_id, None)

    def _compact(self) -> None:
        lines = [
            line_from_record(record)
            for entry in self.entries.values()
            for record in _records_of(entry)
        ]
        text = b"".join(lines)
        fresh = f"{self.path}.new"
        try:
            handle = _write_new(fresh, text)
            os.rename(fresh, self.path)
        except OSError as error:
            raise JournalError(self.path, error) from error
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self._size = handle, len(text)


def line_from_record(record: wire.Message) -> bytes:
    """Return the line of a record: checksum, blank, JSON."""
    return _seal(wire.encode(record))


def record_from_line(line: bytes) -> wire.Message | None:
    """Return the record of a line without its newline, None when it is damaged."""
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % crc32(text + b"\n"):
        return None
    try:
        return wire.decode(text)
    except ProtocolError:
        return None


def _seal(text: bytes) -> bytes:
    return b"%08x %s" % (crc32(text), text)


def _read_records(path: str) -> Iterator[wire.Message]:
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return
    yield from (record for line in lines if (record := record_from_line(line)))


def _records_of(entry: Entry) -> Iterator[wire.Message]:
    yield {
        "m": "run",
        "run_id": entry.run_id,
        "boot_id": entry.boot_id,
        "at": entry.at,
        "began_s": entry.began_s,
    }
    if entry.pid:
        pid, ticks = entry.pid, entry.start_ticks
        yield {"m": "pid", "run_id": entry.run_id, "pid": pid, "start_ticks": ticks}
    if entry.exited:
        yield wire.message_from_event(entry.exited)


def _write_new(path: str, text: bytes) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    handle = os.open(path, flags, 0o600)
    try:
        view = memoryview(text)
        while view:
            view = view[os.write(handle, view) :]
    except OSError:
        os.close(handle)
        raise
    return handle

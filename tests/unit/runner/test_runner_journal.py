from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.values.runs import RunExited
from cuelet.runner.errors import JournalError
from cuelet.runner.resident import journal
from cuelet.runner.resident.journal import Entry, Journal

BOOT = "boot"


def ended(run_id: str, status: int = 0) -> RunExited:
    return RunExited(run_id, status, 0, 1.5, 2.5, 1000, 1e9, "why\n\udcff")


def read(path) -> dict[str, Entry]:
    """Return what a successor would find, without touching the file."""
    copy = f"{path}.copy"
    with open(path, "rb") as source, open(copy, "wb") as target:
        target.write(source.read())
    records = Journal(copy, "next-boot")
    records.close()
    return records.entries


def open_journal(tmp_path) -> Journal:
    return Journal(str(tmp_path / "runs.journal"), BOOT)


run_ids = st.sampled_from("abcde")
actions = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), run_ids),
        st.tuples(st.just("pid"), run_ids, st.integers(1, 99)),
        st.tuples(st.just("end"), run_ids, st.integers(0, 255)),
        st.tuples(st.just("ack"), run_ids),
        st.tuples(st.just("flush")),
        st.tuples(st.just("tear"), st.integers(0, 400)),
    ),
    max_size=40,
)


def act(records: Journal, action: tuple) -> None:
    match action:
        case "begin", run_id:
            records.begin(run_id, 1e9, 5.0)
        # Processes and ends are noted of runs that have begun, always.
        case "pid", run_id, pid if run_id in records.entries:
            records.note_process(run_id, pid, pid + 1)
        case "end", run_id, status if run_id in records.entries:
            records.end(ended(run_id, status))
        case "ack", run_id:
            records.acknowledge([run_id])
        case ("flush",):
            records.flush()


@given(actions)
def test_a_successor_finds_what_the_dead_one_knew(tmp_path_factory, story):
    tmp_path = tmp_path_factory.mktemp("journal")
    records = open_journal(tmp_path)
    for action in story:
        if action[0] == "tear":
            tear_next_write(records, action[1])
        else:
            act(records, action)

    records.flush()

    assert read(records.path) == records.entries
    records.close()


def tear_next_write(records: Journal, size: int) -> None:
    """Let a flush stop after some bytes, as on a full disk."""
    pending = b"".join(records._pending)
    if pending[size:]:
        os.write(records._handle, pending[:size])
        records._torn(OSError(28, "No space left on device"))


@given(st.integers(0, 2000))
def test_a_file_cut_anywhere_yields_its_whole_lines(tmp_path_factory, size):
    tmp_path = tmp_path_factory.mktemp("journal")
    records = open_journal(tmp_path)
    for run_id in "abc":
        records.begin(run_id, 1e9, 5.0)
        records.note_process(run_id, 7, 8)
        records.end(ended(run_id))
    records.close()
    path = tmp_path / "runs.journal"
    whole = path.read_bytes()
    path.write_bytes(whole[:size])

    found = read(path)

    expected = {run_id: e for run_id, e in records.entries.items() if run_id in found}
    complete = [e for e in found.values() if e == expected[e.run_id]]
    assert len(found) - len(complete) <= 1
    assert list(found) == list("abc")[: len(found)]


@given(st.integers(0, 700), st.integers(1, 255))
def test_a_flipped_byte_costs_only_its_record(tmp_path_factory, position, flip):
    tmp_path = tmp_path_factory.mktemp("journal")
    records = open_journal(tmp_path)
    for run_id in "abc":
        records.begin(run_id, 1e9, 5.0)
    records.close()
    path = tmp_path / "runs.journal"
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= flip
    path.write_bytes(data)

    found = read(path)

    # A newline lost or won may take the neighbour with it.
    assert len(found) >= 1
    assert all(entry == records.entries[run_id] for run_id, entry in found.items())


def test_ends_of_unknown_runs_and_early_acknowledgements_change_nothing(tmp_path):
    records = open_journal(tmp_path)
    records.begin("a", 1e9, 5.0)
    records.acknowledge(["a", "nobody"])
    records.end(ended("nobody"))
    records.note_process("nobody", 1, 2)
    records.close()

    assert list(read(records.path)) == ["a"]


def test_it_stays_small_when_everything_is_acknowledged(tmp_path):
    records = open_journal(tmp_path)
    for number in range(5000):
        records.begin(str(number), 1e9, 5.0)
        records.end(ended(str(number)))
        records.acknowledge([str(number)])
        records.flush()
    records.begin("last", 1e9, 5.0)
    records.close()

    assert os.path.getsize(records.path) < 2 * journal.COMPACT_BYTES
    assert list(read(records.path)) == ["last"]
    assert os.stat(records.path).st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_kept_for_the_next_try(tmp_path):
    records = open_journal(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    good, records._handle = records._handle, full
    records.begin("a", 1e9, 5.0)

    for _ in range(2):
        with pytest.raises(JournalError, match="No space left on device; free space"):
            records.flush()
    records._handle = good
    records.close()
    os.close(full)

    assert list(read(records.path)) == ["a"]


def test_a_full_disk_keeps_neither_the_start_nor_the_work_from_going_on(tmp_path, monkeypatch):
    records = open_journal(tmp_path)
    records.begin("a", 1e9, 5.0)
    records.close()
    path = tmp_path / "runs.journal"
    path.write_bytes(path.read_bytes() + b"torn")

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_write_new", refuse)
        records = open_journal(tmp_path)
        for number in range(3000):
            records.begin(str(number), 1e9, 5.0)
            records.end(ended(str(number)))
            records.acknowledge([str(number)])
            records.flush()
        records.close()

    assert list(read(path)) == ["a"]


def test_a_directory_that_is_gone_is_a_journal_error(tmp_path):
    with pytest.raises(JournalError, match="No such file"):
        Journal(str(tmp_path / "none" / "runs.journal"), BOOT)

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.values.runs import (
    LiveRun,
    RunExited,
    RunnerState,
    RunRequest,
    RunStarted,
    RunUsage,
    Step,
)
from cuelet.runner import wire
from cuelet.runner.errors import ProtocolError

# Whatever a file name or variable may hold, bytes that are no UTF-8 included.
texts = st.text(max_size=20)
maps = st.dictionaries(texts, texts, max_size=4)
numbers = st.integers(0, 2**40)
times = st.floats(0, 1e10, allow_nan=False)

requests = st.builds(
    RunRequest,
    run_id=texts,
    steps=st.lists(
        st.builds(Step, argv=st.lists(texts, max_size=3).map(tuple), env=maps), max_size=3
    ).map(tuple),
    env_key=texts,
    env=maps,
    cwd=texts,
    log_path=texts,
    umask=st.none() | st.integers(0, 0o777),
    header=texts,
)
exits = st.builds(
    RunExited,
    run_id=texts,
    exit_status=numbers,
    exit_signal=numbers,
    cpu_s=times,
    wall_s=times,
    max_rss_kb=numbers,
    at=times,
    reason=texts,
)
events = st.one_of(
    exits,
    st.builds(RunStarted, run_id=texts, pid=numbers, at=times),
    st.builds(RunUsage, run_id=texts, rss_kb=numbers, max_rss_kb=numbers, cpu_s=times),
)
live_runs = st.builds(
    LiveRun, run_id=texts, pid=numbers, start_ticks=numbers, at=times, wall_s=times
)


@given(st.lists(st.binary(max_size=30)), st.data())
def test_lines_are_the_same_however_the_stream_is_split(parts, data):
    lines = [part.replace(b"\n", b"") for part in parts]
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    buffer = wire.LineBuffer()
    seen = []

    while stream:
        size = data.draw(st.integers(1, len(stream)))
        seen += buffer.feed(stream[:size])
        stream = stream[size:]

    assert seen == lines
    assert buffer.feed(b"\n") == [b"rest"]


def test_a_line_without_end_is_refused():
    buffer = wire.LineBuffer(limit=10)
    buffer.feed(b"x" * 10)

    with pytest.raises(ProtocolError, match="longer than 10 bytes"):
        buffer.feed(b"x")


def test_a_long_line_in_many_pieces_is_taken_in_linear_time():
    buffer = wire.LineBuffer()
    piece = b"x" * 4096
    for _ in range(5000):
        assert buffer.feed(piece) == []

    (line,) = buffer.feed(b"\n")
    assert len(line) == 5000 * 4096


@given(requests)
def test_requests_survive_the_wire(request):
    line = wire.encode(wire.message_from_request(request))

    assert line.isascii()
    assert line.count(b"\n") == 1
    assert wire.request_from_message(wire.decode(line)) == request


@given(events)
def test_events_survive_the_wire(event):
    line = wire.encode(wire.message_from_event(event))

    assert wire.event_from_message(wire.decode(line)) == event


@given(
    st.builds(
        RunnerState,
        pid=numbers,
        boot_id=texts,
        running=st.lists(live_runs, max_size=3).map(tuple),
        exited=st.lists(exits, max_size=3).map(tuple),
    )
)
def test_states_survive_the_wire(state):
    line = wire.encode(wire.message_from_state(state))

    assert wire.state_from_message(wire.decode(line)) == state


def test_fields_of_newer_versions_are_dropped_and_missing_defaults_filled_in():
    message = {"m": "started", "run_id": "r", "pid": 1, "at": 2.0, "mood": "good"}
    old_exit = {
        "m": "exited",
        "run_id": "r",
        "exit_status": 0,
        "exit_signal": 0,
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "max_rss_kb": 0,
        "at": 0.0,
    }

    assert wire.event_from_message(message) == RunStarted("r", 1, 2.0)
    assert wire.exit_from_message(old_exit).reason == ""


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"3", b"\xff", b'"x"'])
def test_what_is_no_object_is_refused(line):
    with pytest.raises(ProtocolError):
        wire.decode(line)


def test_unknown_messages_and_versions_are_refused():
    hello = json.loads(wire.encode(wire.message_from_state(RunnerState(7, "b"))))

    with pytest.raises(ProtocolError, match="unknown message 'x'"):
        wire.event_from_message({"m": "x"})
    with pytest.raises(ProtocolError, match="expected hello, got 'x'"):
        wire.state_from_message({"m": "x"})
    with pytest.raises(ProtocolError, match=r"pid 7.* version 99"):
        wire.state_from_message({**hello, "protocol": 99})

"""The resident runner: parent of all frames of one farm, which it outlives.

Run as ``python -m cuelet.runner.resident.main --dir DIR``. One thread, standard library only.
Exit codes: 0 when its work is done, 2 usage, 3 another runner owns the directory, 5 refused.
"""

from __future__ import annotations

import ctypes
import gc
import getopt
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from cuelet.core.values.runs import RunExited, RunnerState, RunRequest, RunUsage
from cuelet.runner import endpoint, procfs, wire
from cuelet.runner.errors import JournalError, ProtocolError, RunnerBusyError, RunnerError
from cuelet.runner.resident.cgroup import open_groups
from cuelet.runner.resident.journal import Journal
from cuelet.runner.resident.link import FarmLink
from cuelet.runner.resident.recovery import Recovery
from cuelet.runner.resident.runlock import RunLocks
from cuelet.runner.resident.supervisor import Supervisor
from cuelet.runner.resident.timers import Timers

IDLE_S = 60.0
"""Without a farm and without runs it stays so long, for a farm that is being restarted."""
NEWS_WAIT_S = 0.02
"""News that no slot waits for: beginnings, and ends of runs that another one followed at once."""
_OPTIONS = ["dir=", "idle-s=", "cgroup=", "detach"]
_BUGS_ENDURED = 100
_OUTPUT_KEPT_BYTES = 1024 * 1024
_PR_SET_CHILD_SUBREAPER = 36
_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE


class Resident:
    """Socket, signals and clock around a `Supervisor`."""

    def __init__(
        self, directory: str, server: socket.socket, idle_s: float = IDLE_S, cgroup: str = ""
    ) -> None:
        self._dir = directory
        self._server = server
        self._socket_id = endpoint.identify_socket(directory)
        self._idle_s = idle_s
        self._timers = Timers()
        self._journal = Journal(f"{directory}/{endpoint.JOURNAL_NAME}", procfs.boot_id())
        self._locks = RunLocks(directory)
        self._supervisor = Supervisor(
            directory,
            self._journal,
            self._timers,
            self._locks,
            lambda: open_groups(cgroup, directory, _note),
        )
        self._recovery = self._start_recovery()
        self._selector = selectors.DefaultSelector()
        self._farm: FarmLink | None = None
        self._watched: dict[FarmLink, int] = {}
        self._stopping = False
        self._quiet_since_s = self._timers.now()
        self._tell_at_s: float | None = None
        self._is_torn = False
        self._bugs = 0

    def serve(self) -> None:
        """Work until there is nothing left to do."""
        wake = self._catch_signals()
        self._selector.register(wake, _READ, lambda _: _swallow(wake))
        self._selector.register(self._server, _READ, lambda _: self._accept())
        self._recovery.proceed()
        self._settle()
        gc.freeze()  # what is there by now stays; collections need not look at it
        while not self._is_done():
            for key, events in self._selector.select(self._wait_s()):
                self._guard(partial(key.data, events))
            self._guard(self._supervisor.reap)
            self._guard(self._timers.run_due)
            self._guard(self._supervisor.start_due)
            self._guard(self._settle)
        self._leave()

    def _guard(self, call: Callable[[], None]) -> None:
        """Survive a bug of ours: it may cost the connection, but not everybody's renders."""
        try:
            call()
        except Exception:
            self._bugs += 1
            _note(f"our bug, please report it:\n{traceback.format_exc()}")
            if self._bugs > _BUGS_ENDURED:
                raise  # the next resident starts from the journal
            if self._farm:
                self._farm.close()  # it comes back and is told the whole state

    def ask_to_stop(self) -> None:
        """Leave as soon as no run is left; a farm that says hello revokes it."""
        self._stopping = True

    # Farm

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            connection, _ = self._server.accept()
            connection.setblocking(False)
            link = FarmLink(connection)
            if endpoint.peer_uid(connection) in {os.geteuid(), 0}:
                self._watch(link)
            else:
                link.dispose()

    def _watch(self, link: FarmLink) -> None:
        wanted = _READ | _WRITE if link.has_output else _READ
        before = self._watched.get(link)
        if before is None:
            self._selector.register(link, wanted, lambda events: self._on_link(link, events))
        elif before != wanted:
            self._selector.modify(link, wanted, self._selector.get_key(link).data)
        self._watched[link] = wanted

    def _unwatch(self, link: FarmLink) -> None:
        if self._watched.pop(link, None) is not None:
            self._selector.unregister(link)
        link.dispose()
        if link is self._farm:
            self._farm = None
            self._quiet_since_s = self._timers.now()
            if not self._can_be_found():
                self.ask_to_stop()

    def _can_be_found(self) -> bool:
        """Tell whether the directory's socket is still ours: it may be removed, or a later one's."""
        return endpoint.identify_socket(self._dir) == self._socket_id

    def _on_link(self, link: FarmLink, events: int) -> None:
        if link not in self._watched:
            return
        if events & _WRITE:
            link.flush()
        if events & _READ:
            self._take(link, link.receive)

    def _take(self, link: FarmLink, receive: Callable[[], list[wire.Message]]) -> None:
        try:
            self._obey(link, receive())
        except (ProtocolError, LookupError, TypeError, ValueError) as error:
            _note(f"gave up a farm that sent nonsense: {error!r}")
            self._unwatch(link)

    def _obey(self, link: FarmLink, messages: list[wire.Message]) -> None:
        spawns: list[RunRequest] = []
        for message in messages:
            if message["m"] == "spawn":
                spawns.append(wire.request_from_message(message))
                continue
            # Everything before and after keeps its order around the spawns, which are batched
            # because each batch costs one write to the journal before its first process.
            self._spawn(spawns)
            self._obey_one(link, message)
        self._spawn(spawns)

    def _spawn(self, spawns: list[RunRequest]) -> None:
        if spawns:
            self._supervisor.spawn(spawns)
            spawns.clear()

    def _obey_one(self, link: FarmLink, message: wire.Message) -> None:
        match message["m"]:
            case "hello":
                self._greet(link, message)
            case "define_env":
                self._supervisor.define_env(message["key"], message["env"])
            case "forget_env":
                self._supervisor.forget_env(message["key"])
            case "kill":
                self._supervisor.kill(message["run_id"], message["grace_s"])
            case "withdraw":
                self._supervisor.withdraw(message["run_ids"])
            case "ack":
                self._journal.acknowledge(message["run_ids"])
            case "stop":
                self.ask_to_stop()
            case kind:
                raise ProtocolError(f"unknown message {kind!r}")

    def _greet(self, link: FarmLink, message: wire.Message) -> None:
        """Make a connection the farm's; what the one before had still sent is done first."""
        if self._farm not in {None, link}:
            before = self._farm
            self._take(before, before.drain)
            self._unwatch(before)
        self._farm = link
        self._stopping = False
        _note(f"farm connected: pid {message.get('pid')}")
        # Whatever has happened up to now is in the state; it must not be told twice. What it
        # does not name was never started: that is how runs that wait in lanes are given back.
        self._supervisor.forget_waiting()
        self._supervisor.events.clear()
        self._flush_journal()
        link.send([wire.encode(wire.message_from_state(self._state()))])

    def _state(self) -> RunnerState:
        ended = [entry.exited for entry in self._journal.entries.values() if entry.exited]
        running = self._supervisor.describe_runs() + self._recovery.describe_runs()
        return RunnerState(
            os.getpid(), procfs.boot_id(), tuple(running), tuple(ended), has_lanes=True
        )

    # Loop

    def _settle(self) -> None:
        """Write down what has happened, then tell the farm."""
        self._flush_journal()
        if self._is_time_to_tell():
            self._tell()
        for link in list(self._watched):
            if link.is_open:
                self._watch(link)
            else:
                self._unwatch(link)

    def _is_time_to_tell(self) -> bool:
        """Let what is not urgent wait for company: the farm wakes up, and commits, less often."""
        events = self._supervisor.events
        if self._supervisor.is_urgent:
            return True
        now = self._timers.now()
        if events and self._tell_at_s is None:
            self._tell_at_s = now + NEWS_WAIT_S
            self._timers.call_at(self._tell_at_s, _wake_up)
        return self._tell_at_s is not None and self._tell_at_s <= now

    def _tell(self) -> None:
        events = self._supervisor.take_events()
        self._tell_at_s = None
        farm = self._farm
        if farm:
            if farm.is_full:
                events = [event for event in events if not isinstance(event, RunUsage)]
            farm.send([wire.line_from_event(event) for event in events])

    def _flush_journal(self) -> None:
        try:
            self._journal.flush()
            self._is_torn = False
        except JournalError as error:
            # Runs go on and the farm is told: should this process die too, the farm has
            # recorded their ends, and a repeated report is stale.
            if not self._is_torn:
                _note(str(error))
            self._is_torn = True

    def _wait_s(self) -> float | None:
        waits = [self._timers.wait_s(), self._leaves_in_s()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _leaves_in_s(self) -> float | None:
        if self._farm or self._has_runs():
            return None
        return max(0.0, self._quiet_since_s + self._idle_s - self._timers.now())

    def _has_runs(self) -> bool:
        if self._supervisor.runs or self._recovery.lost:
            self._quiet_since_s = self._timers.now()
            return True
        return False

    def _is_done(self) -> bool:
        if self._has_runs():
            return False
        return self._stopping or self._leaves_in_s() == 0

    def _leave(self) -> None:
        if self._can_be_found():
            os.unlink(f"{self._dir}/{endpoint.SOCKET_NAME}")
        for link in list(self._watched):
            self._unwatch(link)
        self._supervisor.close()
        with suppress(JournalError):
            self._journal.close()
        _note("done")

    # Start

    def _start_recovery(self) -> Recovery:
        entries = [entry for entry in self._journal.entries.values() if entry.exited is None]
        if entries:
            _note(f"found {len(entries)} runs of a runner that died")
        for entry in entries:
            self._supervisor.occupy(entry.run_id)
        return Recovery(self._dir, entries, self._timers, self._locks, self._report_lost)

    def _report_lost(self, exited: RunExited) -> None:
        self._journal.end(exited)
        self._supervisor.tell(exited)
        self._supervisor.make_way(exited.run_id)

    def _catch_signals(self) -> int:
        wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.ask_to_stop())
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        return wake


def main(argv: list[str] | None = None) -> int:
    """Run a resident in a directory and return its exit code.

    Args:
        argv: ``--dir DIR`` and optionally ``--idle-s SECONDS``, ``--cgroup DIR`` and
            ``--detach``, which returns as soon as the socket answers.
    """
    try:
        options = dict(getopt.getopt(argv or sys.argv[1:], "", _OPTIONS)[0])
        directory, idle_s = options["--dir"], float(options.get("--idle-s", IDLE_S))
    except (getopt.GetoptError, KeyError, ValueError) as error:
        return _fail(2, f"usage: --dir DIR [--idle-s SECONDS] [--cgroup DIR] [--detach] ({error})")
    try:
        directory = endpoint.make_directory(directory)
        lock = endpoint.take_lock(directory)
        server = endpoint.listen(directory)
    except RunnerBusyError as error:
        return _fail(3, str(error))
    except (RunnerError, OSError) as error:
        return _fail(5, str(error))
    if "--detach" in options and not _detach(directory):
        return 0
    endpoint.sign_lock(lock)
    _become_parent_of_all()
    Resident(directory, server, idle_s, options.get("--cgroup", "")).serve()
    return 0


def _detach(directory: str) -> bool:
    """Continue in a child that nobody waits for; True in the child."""
    if os.fork():
        return False
    output = f"{directory}/{endpoint.OUTPUT_NAME}"
    with suppress(FileNotFoundError):
        if os.stat(output).st_size > _OUTPUT_KEPT_BYTES:
            os.rename(output, f"{output}.1")
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for handle, number in ((null, 0), (log, 1), (log, 2)):
        os.dup2(handle, number)
    return True


def _become_parent_of_all() -> None:
    with suppress(PermissionError):  # leader of its own session already
        os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    os.chdir("/")


def _wake_up() -> None:
    """Do nothing: the loop has turned, which is what was wanted."""


def _swallow(handle: int) -> None:
    with suppress(BlockingIOError):
        os.read(handle, 4096)


def _note(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} [{os.getpid()}] {text}\n")
    sys.stderr.flush()


def _fail(code: int, text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())

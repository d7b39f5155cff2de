"""The farm's side of the resident runner: start it, talk to it, hear from it; asyncio."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import cast

import cuelet
from cuelet.core.values.runs import RunEvent, RunnerState, RunRequest
from cuelet.runner import endpoint, procfs, wire
from cuelet.runner.errors import ProtocolError, RunnerError, RunnerUnreachableError

ANSWER_TIMEOUT_S = 10.0
START_TRIES = 5
_BUSY_EXIT = 3
_BOOTSTRAP = "import sys; sys.path.append({root!r}); from cuelet.runner.resident.main import main; sys.exit(main())"

EventsCallback = Callable[[list[RunEvent]], None]
LostCallback = Callable[[], None]


class ResidentRunner:
    """A runner whose processes are children of a resident process in `directory`.

    Nothing but `connect` and `close` waits: requests are collected and written once per
    iteration of the event loop; without a connection they are dropped, because what is to be done
    follows from the state that the next `connect` returns. Not safe for several threads.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        on_events: EventsCallback,
        on_lost: LostCallback,
        umask: int | None = None,
        idle_s: float | None = None,
        cgroup: str = "",
    ) -> None:
        """Prepare a client; nothing is started yet.

        Args:
            directory: Made when missing, 0700; one resident each.
            on_events: Called in the event loop with all events that arrived together.
            on_lost: Called when the resident is gone; `connect` brings a new one up.
            umask: That of the frames of a resident started here, None for our own.
            idle_s: Seconds a resident started here stays without farm and runs.
            cgroup: Where a resident started here may limit memory, as `cgroup.open_groups` says.
        """
        self._dir = os.fspath(directory)
        self._on_events = on_events
        self._on_lost = on_lost
        self._umask = umask
        self._idle_s = idle_s
        self._cgroup = cgroup
        self._envs: dict[str, dict[str, str]] = {}
        self._out: list[bytes] = []
        self._link: _FarmProtocol | None = None
        self._pid = 0

    @property
    def directory(self) -> str:
        """Where the resident has its socket and its journal."""
        return self._dir

    @property
    def pid(self) -> int:
        """Process id of the resident `connect` reached last, 0 before."""
        return self._pid

    @property
    def is_connected(self) -> bool:
        """Whether a resident listens."""
        return self._link is not None

    async def connect(self) -> RunnerState:
        """Reach the resident, start one if there is none, and return the runs it knows.

        A run that is neither running nor exited there was never started, or was acknowledged.
        Events that follow are delivered after the caller had its turn with the state.

        Raises:
            RunnerUnreachableError: None answers and none could be started.
            ProtocolError: The one that answers is of another version.
            RunnerError: The directory cannot be used.
        """
        if self._link:
            raise RunnerError(f"connected to the runner in {self._dir} already; close first")
        for _ in range(START_TRIES):
            try:
                state, link = await self._greet()
            except OSError:
                await asyncio.to_thread(self._start_resident)
            else:
                return self._begin(state, link)
        raise RunnerUnreachableError(self._dir, "every one started was gone again at once")

    def define_env(self, key: str, env: Mapping[str, str]) -> None:
        """Name a base environment for later runs; it is sent again after each reconnect."""
        self._envs[key] = dict(env)
        self._send({"m": "define_env", "key": key, "env": self._envs[key]})

    def forget_env(self, key: str) -> None:
        """Drop a base environment that no later run, and no later step of a run, needs."""
        if self._envs.pop(key, None) is not None:
            self._send({"m": "forget_env", "key": key})

    def spawn(self, request: RunRequest) -> None:
        """Start a run; an id that is known already is ignored."""
        self._send(wire.message_from_request(request))

    def kill(self, run_id: str, grace_s: float) -> None:
        """End a run: SIGTERM now, SIGKILL after `grace_s` seconds; unknown ids are ignored."""
        self._send({"m": "kill", "run_id": run_id, "grace_s": grace_s})

    def withdraw(self, run_ids: Iterable[str]) -> None:
        """Have runs given back that wait in a lane; those that began are left alone."""
        self._send({"m": "withdraw", "run_ids": list(run_ids)})

    def ack(self, run_ids: Iterable[str]) -> None:
        """Let the resident forget exits that are recorded; without it they are told for ever."""
        self._send({"m": "ack", "run_ids": list(run_ids)})

    def stop(self) -> None:
        """Ask the resident to leave as soon as no run is left; its leaving counts as lost."""
        self._send({"m": "stop"})

    async def close(self) -> None:
        """Write what is pending and disconnect; runs go on."""
        link, self._link = self._link, None
        if link:
            self._write_to(link)
            await link.close()

    def _begin(self, state: RunnerState, link: _FarmProtocol) -> RunnerState:
        self._link, self._pid = link, state.pid
        self._out.clear()
        for key, env in self._envs.items():
            self._send({"m": "define_env", "key": key, "env": env})
        link.open_gate(self._on_events, self._lose)
        return state

    def _send(self, message: wire.Message) -> None:
        if self._link is None:
            return
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(wire.encode(message))

    def _flush(self) -> None:
        if self._link:
            self._write_to(self._link)

    def _write_to(self, link: _FarmProtocol) -> None:
        if self._out:
            link.write(b"".join(self._out))
            self._out.clear()

    def _lose(self) -> None:
        if self._link:
            self._link = None
            self._on_lost()

    async def _greet(self) -> tuple[RunnerState, _FarmProtocol]:
        loop = asyncio.get_running_loop()
        sock = endpoint.dial(self._dir)
        _, link = await loop.create_connection(_FarmProtocol, sock=sock)
        link.write(wire.encode({"m": "hello", "protocol": wire.PROTOCOL, "pid": os.getpid()}))
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await link.greeting, link
        except TimeoutError:
            link.abort()
            detail = f"connected, but no answer within {ANSWER_TIMEOUT_S:.0f} s"
            raise RunnerUnreachableError(self._dir, detail) from None
        except BaseException:
            link.abort()
            raise

    def _start_resident(self) -> None:
        done = subprocess.run(
            self._command(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
            cwd="/",
            env=_resident_env(),
            umask=-1 if self._umask is None else self._umask,
        )
        # Busy means that somebody else was faster: dial again.
        if done.returncode not in {0, _BUSY_EXIT}:
            raise RunnerUnreachableError(self._dir, done.stderr.strip() or "it died at once")

    def _command(self) -> list[str]:
        root = str(Path(cuelet.__file__).parent.parent)
        # Isolated and without site: the standard library and this package are all it needs,
        # and it starts in a fraction of the time.
        utf8 = f"utf8={sys.flags.utf8_mode}"
        command = [sys.executable, "-I", "-S", "-X", utf8, "-c", _BOOTSTRAP.format(root=root)]
        command += ["--detach", "--dir", os.path.abspath(self._dir)]
        if self._cgroup:
            command += ["--cgroup", self._cgroup]
        return command if self._idle_s is None else [*command, "--idle-s", str(self._idle_s)]


def _resident_env() -> dict[str, str]:
    # A farm started inside a frame must not look like a process of that frame's run.
    markers = {procfs.RUN_MARKER, procfs.RUNNER_MARKER}
    return {name: value for name, value in os.environ.items() if name not in markers}


class _FarmProtocol(asyncio.Protocol):
    """Turns bytes into a greeting first and batches of events after."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[RunnerState] = loop.create_future()
        self._closed: asyncio.Future[None] = loop.create_future()
        self._lines = wire.LineBuffer()
        self._early: list[RunEvent] = []
        self._on_events: EventsCallback | None = None
        self._on_lost: LostCallback | None = None
        self._transport: asyncio.Transport | None = None

    def open_gate(self, on_events: EventsCallback, on_lost: LostCallback) -> None:
        """Deliver from the next iteration of the loop on."""
        asyncio.get_running_loop().call_soon(self._deliver_early, on_events, on_lost)

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        if self._transport:
            self._transport.write(data)

    def abort(self) -> None:
        """Close without waiting."""
        if self._transport:
            self._transport.abort()
        if self.greeting.done() and not self.greeting.cancelled():
            self.greeting.exception()

    async def close(self) -> None:
        """Close once what is queued is written."""
        self._on_lost = None
        if self._transport:
            self._transport.close()
            await self._closed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take in whatever arrived together."""
        try:
            events = self._parse(self._lines.feed(data))
        except (ProtocolError, LookupError, TypeError) as error:
            self._reject(error)
            return
        if self._on_events is None:
            self._early += events
        elif events:
            self._on_events(events)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.greeting.done():
            self.greeting.set_exception(ConnectionResetError("the runner left"))
        if not self._closed.done():
            self._closed.set_result(None)
        if self._on_lost:
            self._on_lost()

    def _parse(self, lines: list[bytes]) -> list[RunEvent]:
        messages = [wire.decode(line) for line in lines]
        if messages and not self.greeting.done():
            self.greeting.set_result(wire.state_from_message(messages.pop(0)))
        return [wire.event_from_message(message) for message in messages]

    def _reject(self, error: Exception) -> None:
        if not self.greeting.done():
            self.greeting.set_exception(error)
        if self._transport:
            self._transport.abort()

    def _deliver_early(self, on_events: EventsCallback, on_lost: LostCallback) -> None:
        self._on_events, self._on_lost = on_events, on_lost
        events, self._early = self._early, []
        if events:
            on_events(events)
        if self._closed.done():
            on_lost()

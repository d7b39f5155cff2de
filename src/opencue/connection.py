"""The one connection of this process: to a configured Cuebot, or to the embedded farm."""

from __future__ import annotations

import functools
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc

from opencue import embedded, peers, rpc, servers
from opencue.exception import (
    ConnectionException,
    CueException,
    FarmNotStartedException,
    ServerNotOursException,
)
from opencue.relay import Relay

PROBE_TIMEOUT_S = 5.0
FRESH_S = 1.0
"""A connection that answered within this time is taken to be alive."""

INFO = rpc.json_method("/cuelet.Farm/Info")
_STATS = rpc.Method("/cue.CueInterface/GetSystemStats", encode=bytes, decode=bytes)
_RETRY_PAUSE_S = 0.5


def target_from_host(host: str, port: int = 8443) -> str:
    """Return the gRPC target of a host entry.

    Args:
        host: ``name``, ``name:port``, an IPv6 address bare or in brackets, or ``unix:/path``.
        port: The port of an entry without one.
    """
    host = host.strip()
    if host.startswith("unix:"):
        return host
    if host.count(":") > 1 and not host.startswith("["):
        return f"[{host}]:{port}"
    has_port = ":" in host.rpartition("]")[2]
    return host if has_port else f"{host}:{port}"


class Link:
    """Open the connection on first use; reopen it after a fork, a loss or a change of hosts.

    Args:
        hosts: Returns the configured host entries; none means the embedded farm.
        settings: Returns the configuration.
        timeout_s: Returns the seconds a call may take.
        opened: Told of every channel opened, and None when it is closed.
    """

    def __init__(
        self,
        *,
        hosts: Callable[[], Sequence[str]],
        settings: Callable[[], dict[str, Any]],
        timeout_s: Callable[[], float],
        opened: Callable[[grpc.Channel | None], None],
    ) -> None:
        self._hosts, self._settings = hosts, settings
        self._timeout_s, self._opened = timeout_s, opened
        self._lock = threading.RLock()
        self._connection: rpc.Connection | None = None
        self._pid = os.getpid()

    @property
    def timeout_s(self) -> float:
        """Seconds a call may take, launches excepted."""
        return self._timeout_s()

    def connection(self) -> rpc.Connection:
        """Return the open connection, opening one when there is none.

        Raises:
            ConnectionException: No server answers, or the embedded farm cannot be started.
        """
        with self._lock:
            if self._pid != os.getpid():  # a channel does not survive a fork
                self._connection, self._pid = None, os.getpid()
            if self._connection is None:
                self._connection = self._open()
                self._opened(self._connection.channel)
            return self._connection

    def live_connection(self) -> rpc.Connection:
        """Return a connection that answered a moment ago, restarting a killed embedded farm.

        Calls that must not be repeated go out on it.
        """
        connection = self.connection()
        stale = time.monotonic() - connection.answered_at > FRESH_S
        if connection.embedded and stale:
            rpc.invoke(self, INFO, {}, PROBE_TIMEOUT_S)
            return self.connection()
        return connection

    def lost(self, connection: rpc.Connection) -> None:
        """Forget a connection that no longer answers.

        The channel is not closed: that would cancel the calls other threads have on it.
        """
        with self._lock:
            if self._connection is connection:
                self._connection = None
                self._opened(None)

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.channel.close()
            self._connection = None
            self._opened(None)

    def retry_pauses(self, connection: rpc.Connection) -> Iterator[float]:
        """Yield the seconds to wait before each further try: one for the embedded farm."""
        if connection.embedded:
            return iter((0.0,))
        return iter([_RETRY_PAUSE_S] * int(self._settings().get("cuebot.exception_retries", 3)))

    def _open(self) -> rpc.Connection:
        hosts = [host.strip() for host in self._hosts() if host.strip()]
        return self._open_configured(hosts) if hosts else self._open_embedded()

    def _open_configured(self, hosts: list[str]) -> rpc.Connection:
        port = int(self._settings().get("cuebot.grpc_port", 8443))
        failures: list[str] = []
        refusals: list[ServerNotOursException] = []
        for host in random.sample(hosts, len(hosts)):
            connection = self._dial(target_from_host(host, port))
            try:
                _require_cuebot(connection)
            except ServerNotOursException as error:
                connection.channel.close()
                refusals.append(error)
            except CueException as error:
                connection.channel.close()
                failures.append(f"{connection.target} ({_shortened(error)})")
            else:
                return connection
        if refusals:
            raise refusals[0]
        raise ConnectionException(
            f"no server reached: tried {', '.join(failures)}; check CUEBOT_HOSTS or opencue.yaml, "
            "or configure none to use the embedded farm"
        )

    def _open_embedded(self) -> rpc.Connection:
        connection = self.running_farm()
        if connection is None:
            embedded.start()
            connection = self.running_farm()
        if connection is None:
            raise FarmNotStartedException(
                command=embedded.start_command(),
                state_dir=str(embedded.state_dir()),
                reason="succeeded, but no farm answers",
            )
        return connection

    def running_farm(self) -> rpc.Connection | None:
        """Return a new connection to the embedded farm when it answers; never start it.

        Raises:
            FarmSilentException: It runs and does not answer.
        """
        record = embedded.recorded()
        if record is None:
            return None
        connection = self._dial(f"unix:{record['socket']}", is_embedded=True)
        connection.on_silence = functools.partial(_silence, record["socket"])
        try:
            _learn(connection)
        except ConnectionException:
            connection.channel.close()
            return None
        except CueException:
            connection.channel.close()
            raise
        return connection

    def _dial(self, target: str, *, is_embedded: bool = False) -> rpc.Connection:
        limit = int(self._settings().get("cuebot.max_message_bytes", 100 * 1024 * 1024))
        options: list[tuple[str, int | str]] = [
            ("grpc.max_send_message_length", limit),
            ("grpc.max_receive_message_length", limit),
            ("grpc.enable_http_proxy", 0),
        ]
        relay = None if is_embedded else self._relay(target)
        if relay is None:
            channel = grpc.insecure_channel(target, options=options)
            return rpc.Connection(target=target, channel=channel, embedded=is_embedded)
        options.append(("grpc.default_authority", target.removeprefix("unix:")))
        channel = grpc.insecure_channel(relay.target, options=options)
        relay.end_with(channel)
        return rpc.Connection(
            target=target, channel=channel, embedded=False, trouble=lambda: relay.trouble
        )

    def _relay(self, target: str) -> Relay | None:
        """Return what looks whose a server is before anything is sent; None where that is plain."""
        named = servers.named_users(self._settings())
        if named is None:
            return None
        users = peers.trusted_uids() | named
        addresses = servers.addresses_here(target)
        if not addresses or all(servers.is_private(each, users) for each in addresses):
            return None
        return Relay(target, addresses, users)


def _learn(connection: rpc.Connection) -> None:
    """Ask a Cuelet farm what it is."""
    info = connection.send(INFO, {}, PROBE_TIMEOUT_S)
    connection.is_cuelet = True
    connection.keeps_tokens = bool(info.get("launch_tokens"))


def _require_cuebot(connection: rpc.Connection) -> None:
    """Raise unless a Cuelet farm or a Cuebot answers there."""
    try:
        _learn(connection)
    except CueException as error:
        if error.status in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
            raise
        connection.send(_STATS, b"", PROBE_TIMEOUT_S)


def _silence(path: str, method: rpc.Method, waited_s: float) -> CueException:
    """Return the error of a call that the embedded farm did not answer."""
    from opencue.silence import silent_farm

    acts = not method.idempotent
    return silent_farm(path, method=method.label, waited_s=waited_s, may_have_acted=acts)


def _shortened(error: CueException) -> str:
    """Return why a server was not reached, without gRPC's list of attempts."""
    return (error.details() or error.status.name).rpartition("last error: ")[2]

"""Whose servers on this machine are talked to, and what counts as this machine."""

from __future__ import annotations

import os
import pwd
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencue import relay as relay_module
from opencue.exception import ConnectionException, ServerNotOursException
from opencue.relay import Relay
from opencue.servers import Address, addresses_here, is_private, named_users

OURS = frozenset({os.getuid()})


class TestNamedUsers:
    def test_are_nobody_unless_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CUELET_SERVER_USERS", raising=False)
        assert named_users({}) == frozenset()
        assert named_users({"cuebot.server_users": None}) == frozenset()

    @pytest.mark.parametrize("given", ["root, 1001,", ["root", 1001], [" 0", "1001 "]])
    def test_are_names_and_numbers(self, monkeypatch: pytest.MonkeyPatch, given: object) -> None:
        monkeypatch.delenv("CUELET_SERVER_USERS", raising=False)
        assert named_users({"cuebot.server_users": given}) == {0, 1001}

    def test_of_the_environment_go_before_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CUELET_SERVER_USERS", "")
        assert named_users({"cuebot.server_users": "any"}) == frozenset()
        monkeypatch.setenv("CUELET_SERVER_USERS", "7")
        assert named_users({"cuebot.server_users": "any"}) == {7}

    def test_can_be_any(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CUELET_SERVER_USERS", "7, any")
        assert named_users({}) is None

    def test_have_to_exist(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CUELET_SERVER_USERS", "no-such-user")
        with pytest.raises(ConnectionException, match="'no-such-user', which is no user"):
            named_users({})

    @given(st.sets(st.integers(0, 2**32 - 2), max_size=5))
    def test_as_numbers_are_taken_as_they_are(self, uids: set[int]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("CUELET_SERVER_USERS", raising=False)
            assert named_users({"cuebot.server_users": sorted(uids)}) == uids

    def test_by_every_name_of_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CUELET_SERVER_USERS", raising=False)
        known = {each.pw_name: each.pw_uid for each in reversed(pwd.getpwall())}
        assert named_users({"cuebot.server_users": list(known)}) == set(known.values())


class TestThisMachine:
    @pytest.mark.parametrize(
        "target", ["127.0.0.1:80", "127.9.9.9:80", "localhost:80", "0.0.0.0:80", "unix:/x"]
    )
    def test_is_what_only_it_can_be(self, target: str) -> None:
        assert addresses_here(target)

    def test_has_loopback_of_ipv6(self) -> None:
        assert Address(socket.AF_INET6, ("::1", 80, 0, 0)).is_here()

    @pytest.mark.parametrize("target", ["[::1%lo]:80", "[::1%1]:80", "[::ffff:127.0.0.1%lo]:80"])
    def test_is_meant_whatever_interface_an_address_names(self, target: str) -> None:
        assert [each.is_here() for each in addresses_here(target)] == [True]

    @pytest.mark.parametrize("target", ["192.0.2.1:80", "no-such-host.invalid:80", "x:y", ""])
    def test_is_not_what_others_are(self, target: str) -> None:
        assert addresses_here(target) == []


class TestPrivateSocket:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Iterator[Path]:
        tmp_path.chmod(0o700)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s"))
            yield tmp_path / "s"

    def test_in_a_folder_of_ours(self, path: Path) -> None:
        assert is_private(Address(socket.AF_UNIX, str(path)), OURS)
        assert not is_private(Address(socket.AF_UNIX, str(path)), {os.getuid() + 1})

    def test_in_a_folder_for_all(self, path: Path) -> None:
        path.parent.chmod(0o1777)
        assert not is_private(Address(socket.AF_UNIX, str(path)), OURS)

    def test_has_a_folder(self) -> None:
        (abstract,) = addresses_here("unix-abstract:anybodys")
        assert not is_private(abstract, OURS)

    def test_is_no_link_and_no_file(self, path: Path) -> None:
        (path.parent / "link").symlink_to(path)
        (path.parent / "file").touch()
        for name in ("link", "file", "none"):
            assert not is_private(Address(socket.AF_UNIX, str(path.parent / name)), OURS)


class Channel:
    """Stands for gRPC's."""


class TestRelay:
    @pytest.fixture
    def server(self) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server

    @pytest.fixture(autouse=True)
    def end_relays(self) -> Iterator[None]:
        self.channels: list[Channel] = []
        yield
        self.channels.clear()

    def relay_to(self, server: socket.socket, users: frozenset[int] = OURS) -> Relay:
        relay = Relay("it", [Address(socket.AF_INET, server.getsockname())], users)
        self.channels.append(Channel())
        relay.end_with(self.channels[-1])
        return relay

    def dial(self, relay: Relay) -> socket.socket:
        end = socket.socket(socket.AF_UNIX)
        end.settimeout(60)
        end.connect("\0" + relay.target.removeprefix("unix-abstract:"))
        return end

    def test_passes_on_all_both_ways(self, server: socket.socket) -> None:
        sent = os.urandom(1 << 20) * 4
        with self.dial(self.relay_to(server)) as client:
            accepted, _ = server.accept()
            with accepted:
                writer = threading.Thread(target=client.sendall, args=(sent,))
                writer.start()
                with accepted.makefile("rb") as stream:
                    assert stream.read(len(sent)) == sent
                writer.join()
                accepted.sendall(b"done")
                accepted.shutdown(socket.SHUT_WR)
                assert client.recv(100) == b"done"
                assert client.recv(100) == b""

    def test_sends_nothing_to_a_server_of_others(self, server: socket.socket) -> None:
        relay = self.relay_to(server, frozenset({os.getuid() + 1}))
        with self.dial(relay) as client:
            client.sendall(b"secret")
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(100) == b""
            with pytest.raises(ConnectionError):
                assert client.recv(100) == b"", "closed before anything was read"
                raise ConnectionResetError
        assert isinstance(relay.trouble, ServerNotOursException)

    def test_sends_nothing_to_a_server_that_never_accepts(
        self, server: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay_module, "_CERTAIN_WITHIN_S", 0.05)
        relay = self.relay_to(server)
        with self.dial(relay) as client:
            client.sendall(b"secret")
            with pytest.raises(ConnectionError):
                assert client.recv(100) == b""
                raise ConnectionResetError
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(100) == b""
        assert "cannot be told" in str(relay.trouble)

    def test_serves_no_other_process(
        self, server: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        relay = self.relay_to(server)
        monkeypatch.setattr(relay_module.os, "getpid", lambda: 1)
        with self.dial(relay) as client, pytest.raises(ConnectionError):
            assert client.recv(100) == b""
            raise ConnectionResetError
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()

    def test_outlives_the_channel_of_a_fork(self, server: socket.socket) -> None:
        relay = self.relay_to(server)
        child = os.fork()
        if not child:
            self.channels.clear()
            os._exit(0)
        os.waitpid(child, 0)

        with self.dial(relay) as client:
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(b"here")
                assert client.recv(100) == b"here"

    def test_ends_with_its_channel(self, server: socket.socket) -> None:
        before = set(threading.enumerate())
        relay = self.relay_to(server)
        (waiting,) = set(threading.enumerate()) - before

        self.channels.clear()
        waiting.join(60)

        assert not waiting.is_alive()
        with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
            late.connect("\0" + relay.target.removeprefix("unix-abstract:"))

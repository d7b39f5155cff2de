"""Whose the other end of a connection is, as the kernel tells; whatever is not certain is nobody's."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencue import peers
from opencue.peers import End, Owner, owner_in, packed_forms, peer_uid, trusted_uids

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
V4 = "0100007F"
MAPPED = "0000000000000000FFFF00000100007F"
V6 = "00000000000000000000000001000000"
OURS, THEIRS = End(ip_address("127.0.0.1"), 0x20FB), End(ip_address("127.0.0.1"), 0xC350)


def row(local: str, remote: str, uid: int, state: str = "01", inode: int = 12345) -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5} 0 {inode} 1\n"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return two tables of our own that stand for the kernel's."""
    v4, v6 = tmp_path / "tcp", tmp_path / "tcp6"
    v4.write_text(HEAD)
    v6.write_text(HEAD)
    monkeypatch.setattr(peers, "TABLES", (str(v4), str(v6)))
    return v4, v6


@pytest.fixture
def no_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_ends: End) -> Owner:
        raise PermissionError(errno.EPERM, "as in a sandbox")

    monkeypatch.setattr(peers, "_ask_netlink", refuse)


@pytest.mark.parametrize(
    ("table", "form", "host"), [(0, V4, "127.0.0.1"), (1, MAPPED, "127.0.0.1"), (1, V6, "::1")]
)
def test_the_tables_know_the_owner_by_all_four_numbers_and_the_state(
    tables: tuple[Path, Path], table: int, form: str, host: str
) -> None:
    local, remote = End(ip_address(host), 0xC350), End(ip_address(host), 0x20FB)
    with tables[table].open("a") as lines:
        lines.write(row(f"{form}:C350", f"{form}:20FB", 0, state="06", inode=0))  # TIME_WAIT
        lines.write(row(f"{form}:C350", f"{form}:0001", 66))
        lines.write(row(f"{form}:C351", f"{form}:20FB", 77))
        lines.write(row(f"{form[:-2]}99:C350", f"{form}:20FB", 88))
        lines.write(row(f"{form}:C350", f"{form}:20FB", 1234))

    assert peers._ask_tables(local, remote) == Owner(1234, 12345)


def test_two_rows_that_would_do_are_no_answer(tables: tuple[Path, Path]) -> None:
    tables[0].write_text(HEAD + row(f"{V4}:C350", f"{V4}:20FB", 0))
    tables[1].write_text(HEAD + row(f"{MAPPED}:C350", f"{MAPPED}:20FB", 65534))

    assert peers._ask_tables(THEIRS, OURS) is None


def test_a_machine_without_ipv6_has_one_table(tables: tuple[Path, Path]) -> None:
    tables[0].write_text(HEAD + row(f"{V4}:C350", f"{V4}:20FB", 7))
    tables[1].unlink()

    assert peers._ask_tables(THEIRS, OURS) == Owner(7, 12345)


@pytest.fixture(
    params=[("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")]
)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return both ends of a real connection, the accepted one first."""
    host, dialled = request.param
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"only root can give this machine {host}, which it lacks")
    with server, socket.create_connection((dialled, server.getsockname()[1])) as client:
        accepted, _ = server.accept()
        with accepted:
            yield accepted, client


def test_both_ends_of_a_real_connection_are_ours(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    assert [peer_uid(end) for end in pair] == [os.getuid(), os.getuid()]


@pytest.mark.usefixtures("no_netlink")
def test_the_real_tables_say_the_same(pair: tuple[socket.socket, socket.socket]) -> None:
    assert [peer_uid(end) for end in pair] == [os.getuid(), os.getuid()]


@pytest.mark.parametrize("netlink", [True, False])
def test_an_end_that_has_hung_up_is_nobodys(
    pair: tuple[socket.socket, socket.socket], netlink: bool, request: pytest.FixtureRequest
) -> None:
    if not netlink:
        request.getfixturevalue("no_netlink")
    accepted, client = pair
    client.close()

    assert peer_uid(accepted) is None


@pytest.mark.parametrize("netlink", [True, False])
def test_an_end_that_nobody_has_accepted_is_nobodys(
    netlink: bool, request: pytest.FixtureRequest
) -> None:
    if not netlink:
        request.getfixturevalue("no_netlink")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert peer_uid(client) is None


def test_an_answer_is_not_believed_once_our_own_end_is_gone(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted, client = pair

    def hang_up_and_say_root(*_ends: End) -> Owner:
        client.close()
        return Owner(0, 1)

    monkeypatch.setattr(peers, "_ask", hang_up_and_say_root)

    assert peer_uid(accepted) is None


def test_what_is_no_tcp_connection_is_nobodys() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket() as unconnected:
        assert [peer_uid(ours), peer_uid(unconnected)] == [None, None]


FORMS = packed_forms(THEIRS, OURS)


def message(family: int, state: int, ends: bytes, uid: int, inode: int, kind: int = 20) -> bytes:
    body = bytes([family, state, 0, 0]) + ends + bytes(12 + 12) + struct.pack("=II", uid, inode)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


class TestAnswersOfNetlink:
    @pytest.mark.parametrize("family", FORMS)
    def test_about_the_connection_asked_about(self, family: int) -> None:
        assert owner_in(message(family, 1, FORMS[family], 7, 9), FORMS) == Owner(7, 9)

    @pytest.mark.parametrize("state", [0, *range(2, 13)])
    def test_about_another_state(self, state: int) -> None:
        assert owner_in(message(socket.AF_INET, state, FORMS[socket.AF_INET], 0, 9), FORMS) is None

    def test_about_other_ends(self) -> None:
        others = packed_forms(THEIRS, End(ip_address("127.0.0.9"), 0x20FB))
        for family, ends in others.items():
            assert owner_in(message(family, 1, ends, 0, 9), FORMS) is None
        mixed = message(socket.AF_INET, 1, FORMS[socket.AF_INET6], 0, 9)
        assert owner_in(mixed, FORMS) is None

    def test_that_there_is_no_such_socket(self) -> None:
        absent = struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -errno.ENOENT)
        assert owner_in(absent, FORMS) is None

    def test_that_the_kernel_cannot_say(self) -> None:
        with pytest.raises(OSError, match="not supported"):
            owner_in(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -errno.EOPNOTSUPP), FORMS)

    @given(st.binary(max_size=120))
    def test_that_are_nonsense(self, text: bytes) -> None:
        try:
            assert owner_in(text, FORMS) is None
        except OSError:  # it says that the kernel cannot answer: the tables are asked
            return

    @given(st.integers(0, 95))
    def test_that_are_cut_off(self, length: int) -> None:
        whole = message(socket.AF_INET, 1, FORMS[socket.AF_INET], 0, 9)
        try:
            assert (owner_in(whole[:length], FORMS) is None) == (length < len(whole))
        except OSError:
            assert length < len(whole)


class TestTrusted:
    def test_are_this_user_and_root(self) -> None:
        assert trusted_uids() == {os.getuid(), 0}

    def test_is_nobody_where_strangers_have_our_number(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(peers, "_overflow_uid", os.getuid)
        monkeypatch.setattr(peers, "_all_are_mapped", lambda: False)
        assert trusted_uids() == frozenset()

"""Who is at the other end of a connection, as the kernel's tables tell."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from cuelet.rpc import peers
from cuelet.rpc.peers import OwnUserOnly, peer_uid

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def row(local: str, remote: str, uid: int) -> str:
    return f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid:5} 0 12345 1\n"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return two tables of our own that stand for the kernel's."""
    v4, v6 = tmp_path / "tcp", tmp_path / "tcp6"
    v4.write_text(HEAD)
    v6.write_text(HEAD)
    monkeypatch.setattr(peers, "_TABLES", (str(v4), str(v6)))
    return v4, v6


V4 = "0100007F"
MAPPED = "0000000000000000FFFF00000100007F"
V6 = "00000000000000000000000001000000"


@pytest.mark.parametrize(
    ("table", "local", "host"),
    [
        (0, V4, "127.0.0.1"),
        (1, MAPPED, "127.0.0.1"),
        (1, MAPPED, "::ffff:127.0.0.1"),
        (0, V4, "::ffff:127.0.0.1"),
        (1, V6, "::1"),
    ],
)
def test_the_owner_of_the_clients_end_is_found_in_either_table(
    tables: tuple[Path, Path], table: int, local: str, host: str
) -> None:
    with tables[table].open("a") as lines:
        lines.write(row("0100007F:20FB", "0100007F:C350", 77))
        lines.write(row(f"{local}:C350", f"{local}:0001", 66))
        lines.write(row(f"{local}:C350", f"{local}:20FB", 1234))

    assert peer_uid(host, 0xC350, {0x20FB}) == 1234
    assert peer_uid(host, 0xC351, {0x20FB}) is None
    assert peer_uid(host, 0xC350, {0x20FC}) is None


@pytest.mark.parametrize(
    "peer",
    [
        "",
        "ipv4:127.0.0.1",
        "ipv4:127.0.0.1:x",
        "ipv4:nonsense:80",
        "ipv6:%5Bzz%5D:80",
        "vsock:1:2",
        "127.0.0.1:80",
        "ipv4:1.2.3.4:5",
    ],
)
def test_a_peer_that_cannot_be_told_is_refused(tables: tuple[Path, Path], peer: str) -> None:
    assert OwnUserOnly({8443})(peer) is False


def test_own_connections_are_let_in_and_others_are_not(tables: tuple[Path, Path]) -> None:
    tables[0].write_text(
        HEAD
        + row(f"{V4}:C350", f"{V4}:20FB", os.getuid())
        + row(f"{V4}:C351", f"{V4}:20FB", 0)
        + row(f"{V4}:C352", f"{V4}:20FB", 65534)
    )
    check = OwnUserOnly({0x20FB})

    assert check("ipv4:127.0.0.1:50000")
    assert check("ipv4:127.0.0.1:50001")
    assert not check("ipv4:127.0.0.1:50002")
    assert not check("ipv4:127.0.0.1:50003")


def test_a_unix_socket_is_guarded_by_its_folder() -> None:
    assert OwnUserOnly(set())("unix:")
    assert OwnUserOnly(set())("unix:/run/farm.sock")


def test_an_answer_is_remembered_for_a_moment(tables: tuple[Path, Path]) -> None:
    tables[0].write_text(HEAD + row(f"{V4}:C350", f"{V4}:20FB", os.getuid()))
    check = OwnUserOnly({0x20FB})
    assert check("ipv4:127.0.0.1:50000")

    tables[0].write_text(HEAD)

    assert check("ipv4:127.0.0.1:50000")


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_real_connection_is_ours(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as server:
        try:
            server.bind((host, 0))
        except OSError:
            pytest.skip(f"no {host} on this machine")
        server.listen()
        with socket.create_connection(server.getsockname()[:2]) as client:
            port = client.getsockname()[1]

            assert peer_uid(host, port, {server.getsockname()[1]}) == os.getuid()

"""A server on this machine that another user holds: our clients look first, and send it nothing."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "opencue"))

from farm_double import FarmDouble

import opencue
from opencue.exception import ConnectionException, FarmNotOursException, ServerNotOursException
from tests.conftest import FarmBox
from tests.strangers import UID, StrangersServer, need_a_second_user


@pytest.fixture(autouse=True)
def own_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Give each test a client that is connected to nothing and configured by nobody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CUEBOT_HOSTS", raising=False)
    opencue.Cuebot.init({"cuebot.exception_retries": 1})
    yield
    opencue.Cuebot.init({})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.7.7.7", "::1", "localhost"])
def test_a_launch_is_not_sent_to_who_happens_to_hold_the_port(host: str) -> None:
    address = {"localhost": "127.0.0.1"}.get(host, host)
    stranger = StrangersServer(f"{address}:0")
    opencue.Cuebot.setHosts(
        f"[{host}]:{stranger.port}" if ":" in host else f"{host}:{stranger.port}"
    )

    with pytest.raises(ServerNotOursException, match=rf"held by .*uid {UID}.*CUELET_SERVER_USERS"):
        opencue.launchSpecAndWait("<spec/>")

    assert stranger.heard() == b""


def test_an_address_of_this_machine_is_no_other_machine() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        try:
            end.connect(("192.0.2.1", 9))  # sends nothing: only chooses the way
        except OSError:
            pytest.skip("only root can give this machine an address beside loopback")
        address = end.getsockname()[0]
    stranger = StrangersServer(f"{address}:0")
    opencue.Cuebot.setHosts(f"{address}:{stranger.port}")

    with pytest.raises(ServerNotOursException):
        opencue.launchSpecAndWait("<spec/>")

    assert stranger.heard() == b""


def test_who_takes_the_port_of_a_server_that_ended_gets_nothing() -> None:
    need_a_second_user()
    server = FarmDouble()
    opencue.Cuebot.setHosts(server.host)
    assert opencue.api.getJobs() == []
    server.close()
    stranger = StrangersServer(server.host)

    for call in (lambda: opencue.launchSpecAndWait("<spec/>"), opencue.api.getJobs):
        with pytest.raises(ConnectionException):
            call()
    with pytest.raises(ServerNotOursException):
        opencue.launchSpecAndWait("<spec/>")

    assert stranger.heard() == b""


def test_a_unix_socket_of_another_user_gets_nothing() -> None:
    path = f"/tmp/cuelet-test-{os.urandom(8).hex()}.sock"
    stranger = StrangersServer(path)
    try:
        opencue.Cuebot.setHosts(f"unix:{path}")
        with pytest.raises(ServerNotOursException):
            opencue.launchSpecAndWait("<spec/>")
        assert stranger.heard() == b""
    finally:
        Path(path).unlink()


def test_another_server_that_is_named_is_used_instead() -> None:
    stranger, server = StrangersServer("127.0.0.1:0"), FarmDouble()
    opencue.Cuebot.setHosts([f"127.0.0.1:{stranger.port}", server.host])

    for _ in range(4):  # they are tried in any order
        assert opencue.api.getJobs() == []
        opencue.Cuebot.closeChannel()

    server.close()
    assert stranger.heard() == b""


@pytest.mark.parametrize("users", [str(UID), f" 7, {UID} ", "any"])
def test_who_means_that_server_says_so(monkeypatch: pytest.MonkeyPatch, users: str) -> None:
    stranger = StrangersServer("127.0.0.1:0")
    opencue.Cuebot.setHosts(f"127.0.0.1:{stranger.port}")
    monkeypatch.setenv("CUELET_SERVER_USERS", users)
    monkeypatch.setattr("opencue.connection.PROBE_TIMEOUT_S", 1.0)

    with pytest.raises(opencue.CueException) as caught:
        opencue.api.getJobs()

    assert not isinstance(caught.value, FarmNotOursException)
    assert stranger.heard().startswith(b"PRI * HTTP/2.0")


def test_the_command_says_whose_the_server_is(box: FarmBox) -> None:
    stranger = StrangersServer("127.0.0.1:0")
    box.env["CUEBOT_HOSTS"] = f"127.0.0.1:{stranger.port}"
    script = box.home / "job.py"
    script.write_text(
        "from outline import Outline, cuerun\nfrom outline.modules.shell import Shell\n"
        "ol = Outline('secret-job')\nol.add_layer(Shell('main', command=['true']))\n"
        "cuerun.launch(ol)\n"
    )

    done = [box.cuelet("jobs"), box.python(str(script))]

    assert [each.returncode for each in done] == [6, 1]
    for each in done:
        assert f"127.0.0.1:{stranger.port} is held by" in each.stderr
    assert stranger.heard() == b""
    del box.env["CUEBOT_HOSTS"]


def test_our_own_farm_at_its_port_is_talked_to(farm: FarmBox) -> None:
    farm.env["CUEBOT_HOSTS"] = farm.info["address"]
    assert farm.cuelet("jobs").returncode == 0
    assert farm.cueadmin("-lj").returncode == 0
    del farm.env["CUEBOT_HOSTS"]

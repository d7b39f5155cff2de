"""The command as a whole: flags, servers, errors and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
from farm_double import FarmDouble, RefusalError

from cueadmin import flags
from cueadmin.dispatching import OPERATIONS
from cueadmin.queries import _LISTINGS
from opencue import Cuebot


def test_every_flag_is_implemented() -> None:
    assert set(flags.QUERIES) == set(_LISTINGS)
    assert set(flags.OPERATIONS) == set(OPERATIONS)


def test_help_names_every_flag_and_exits_well(run: Any) -> None:
    ran = run("-h")
    assert ran.code == 0
    assert all(f"-{name.replace('_', '-')}" in ran.out for name in flags.QUERIES + flags.OPERATIONS)


def test_no_flags_is_a_usage_error_that_shows_help(run: Any) -> None:
    ran = run()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: cueadmin")


@pytest.mark.parametrize("argv", [["-bogus"], ["-create-alloc", "a"], ["-kill"], ["stray"]])
def test_wrong_flags_are_one_line(run: Any, argv: list[str]) -> None:
    ran = run(*argv)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith("cueadmin: ")


def test_two_things_at_once_are_refused(stock: FarmDouble, run: Any) -> None:
    ran = run("-ls", "-pause", "a")
    assert (ran.code, stock.names()) == (2, [])
    assert ran.err == (
        "cueadmin: -ls and -pause: one listing or operation per call; see cueadmin -h\n"
    )


def test_unique_prefixes_are_accepted(stock: FarmDouble, run: Any) -> None:
    run("-paus", "a")
    assert stock.names() == ["Job/FindJob", "Job/Pause"]


def test_servers_are_taken_from_the_flag(stock: FarmDouble, run: Any) -> None:
    Cuebot.setHosts("127.0.0.1:1")
    assert run("-ls", "-server", stock.host).code == 0


def test_a_facility_is_looked_up(stock: FarmDouble, run: Any) -> None:
    Cuebot.Config = {"cuebot.facility": {"lax": [stock.host]}}
    assert run("-ls", "-facility", "lax").code == 0
    ran = run("-ls", "-facility", "moon")
    assert (ran.code, "known: lax" in ran.err) == (2, True)


def test_any_facility_is_what_cuebot_hosts_says_where_none_are_configured(
    stock: FarmDouble,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Cuebot.Hosts = None
    monkeypatch.setenv("CUEBOT_HOSTS", stock.host)
    assert run("-ls", "-facility", "local").code == 0
    assert caplog.messages == []
    assert run("-ls", "-facility", "cloud").code == 0
    assert caplog.messages == [f"opencue.yaml names no facilities, so 'cloud' means {stock.host}"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.NOT_FOUND, 5),
        (grpc.StatusCode.PERMISSION_DENIED, 6),
        (grpc.StatusCode.UNAUTHENTICATED, 6),
        (grpc.StatusCode.INTERNAL, 1),
        (grpc.StatusCode.UNKNOWN, 1),
        (grpc.StatusCode.INVALID_ARGUMENT, 1),
        (grpc.StatusCode.UNAVAILABLE, 3),
    ],
)
def test_what_the_server_says_decides_the_exit_code(
    stock: FarmDouble, run: Any, status: grpc.StatusCode, code: int
) -> None:
    run("-ls")
    stock.answers["Show/GetShows"] = [RefusalError(status, "two\nlines")] * 9
    ran = run("-ls")
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert "two lines" in ran.err


def test_an_unreachable_server_has_its_code(run: Any) -> None:
    ran = run("-ls", "-server", "127.0.0.1:1")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "127.0.0.1:1" in ran.err


def test_a_farm_that_cannot_be_started_has_its_code(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUELET_PYTHON", "/nowhere/python")
    ran = run("-ls")
    assert (ran.code, "CUEBOT_HOSTS" in ran.err) == (4, True)


def test_a_broken_configuration_has_its_code(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("[")
    monkeypatch.setenv("OPENCUE_CONFIG_FILE", str(tmp_path / "bad.yaml"))
    assert run("-ls").code == 4


def test_verbose_shows_where_it_happened(stock: FarmDouble, run: Any) -> None:
    stock.answers["Show/GetShows"] = RefusalError(grpc.StatusCode.INTERNAL)
    assert "Traceback" in run("-ls", "-v").err


def test_an_interrupt_is_left_to_the_program(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cueadmin.queries.run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("-ls")

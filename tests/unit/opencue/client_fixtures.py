"""A clean client per test, and servers for it to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from farm_double import FarmDouble

from opencue.cuebot import Cuebot


@pytest.fixture(autouse=True)
def clean_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("CUEBOT_HOSTS", "CUEBOT_FACILITY", "OPENCUE_CONFIG_FILE", "OPENCUE_CONF",
                 "XDG_CONFIG_HOME", "CUELET_PYTHON"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("opencue.connection._RETRY_PAUSE_S", 0.01)
    _forget()
    yield
    _forget()


def _forget() -> None:
    Cuebot.closeChannel()
    Cuebot.Hosts, Cuebot.Config, Cuebot.Timeout = None, {}, 30.0


@pytest.fixture
def stock() -> Iterator[FarmDouble]:
    """A stock Cuebot the client is connected to."""
    server = FarmDouble()
    Cuebot.setHosts(server.host)
    yield server
    server.close()


@pytest.fixture
def cuelet() -> Iterator[FarmDouble]:
    """A Cuelet farm the client is connected to."""
    server = FarmDouble(is_cuelet=True)
    Cuebot.setHosts(server.host)
    yield server
    server.close()

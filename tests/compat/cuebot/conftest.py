"""A replaying Cuebot that the client of this process talks to, and that commands can be pointed at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opencue.cuebot import Cuebot
from tests.compat.cuebot.double import ReplayingCuebot
from tests.compat.cuebot.recording import flow


@pytest.fixture
def clean_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let nothing of the user's configuration reach the client, and nothing stay behind."""
    for name in ("CUEBOT_FACILITY", "OPENCUE_CONFIG_FILE", "OPENCUE_CONF", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("opencue.connection._RETRY_PAUSE_S", 0.01)
    _forget()
    yield
    _forget()


def _forget() -> None:
    Cuebot.closeChannel()
    Cuebot.Hosts, Cuebot.Config, Cuebot.Timeout = None, {}, 30.0


@pytest.fixture
def replaying_cuebot(
    clean_client: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ReplayingCuebot]]:
    """Return a function that starts a Cuebot of flows, or of what comes in them from a number on, and makes it the one in use."""
    doubles: list[ReplayingCuebot] = []

    def start(*names: str, since: int = 1) -> ReplayingCuebot:
        calls = [call for name in names for call in flow(name)]
        double = ReplayingCuebot([call for call in calls if call.number >= since])
        doubles.append(double)
        monkeypatch.setenv("CUEBOT_HOSTS", double.host)
        Cuebot.closeChannel()
        return double

    yield start
    for double in doubles:
        double.close()

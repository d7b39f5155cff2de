"""``cuelet env`` says where jobs go, and starts no farm where that is elsewhere."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from cuelet.cli.farm import env
from opencue.cuebot import Cuebot


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CUELET_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CUEBOT_HOSTS", "cue01:8443, cue02")
    monkeypatch.setattr(Cuebot, "Hosts", None)
    monkeypatch.setattr(env, "start_detached", lambda _: pytest.fail("a farm was started"))


def test_a_configured_cuebot_is_printed_and_said_to_be_none_of_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert env.env(argparse.Namespace(json=False)) == 0

    out, err = capsys.readouterr()
    assert out == "export CUEBOT_HOSTS=cue01:8443,cue02\n"
    assert err == (
        "note: jobs go to cue01:8443,cue02, not to the embedded farm, as CUEBOT_HOSTS says\n"
    )


def test_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    env.env(argparse.Namespace(json=True))

    assert json.loads(capsys.readouterr().out) == {"CUEBOT_HOSTS": "cue01:8443,cue02"}


def test_the_embedded_farm_by_its_address_is_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUEBOT_HOSTS", "127.0.0.1:8443")
    monkeypatch.setattr(env.opencue.farm, "is_running", lambda: {"address": "127.0.0.1:8443"})
    env.env(argparse.Namespace(json=False))

    assert capsys.readouterr() == ("export CUEBOT_HOSTS=127.0.0.1:8443\n", "")

"""When a layer may start, as people write it, and as a farm gets it."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import pytest

from outline import Outline
from outline.exception import InvalidSettingError
from outline.jobspec.starttime import start_at
from outline.modules.shell import Shell
from outline.spec import CUEBOT, CUELET, Options, build_spec

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "means"),
    [
        ("2h", 7300.0),
        ("+45m", 2800.0),
        ("1.5 d", 129_700.0),
        ("30s", 130.0),
        ("1w", 604_900.0),
        (1_795_348_800, 1_795_348_800.0),
        ("1795348800", 1_795_348_800.0),
        (NOON, NOON.timestamp()),
        ("2026-11-22T12:00+00:00", NOON.timestamp()),
        ("2026-11-22 12:00Z", NOON.timestamp()),
    ],
)
def test_times_and_delays_mean_epoch_seconds(value: Any, means: float) -> None:
    assert start_at(value, now=100.0) == means


def test_a_time_without_a_zone_is_that_of_this_machine() -> None:
    here = time.mktime((2026, 11, 22, 3, 0, 0, 0, 0, -1))
    assert start_at("2026-11-22T03:00", now=0) == here


@pytest.mark.parametrize(
    "value", ["soon", "", "2", -1, "2x", True, None, 1e300, float("nan"), "2026-13-01", [1]]
)
def test_what_is_neither_is_refused_when_it_is_set(value: Any) -> None:
    if value == "2":  # seconds since 1970, long ago: at once
        assert start_at(value, now=0) == 2.0
        return
    assert start_at(value, now=0) is None
    if value is not None:
        with pytest.raises(InvalidSettingError, match=r"start_after.*2026-11-22T03:00"):
            Shell("render", command=["true"], range="1", start_after=value)


def spec_of(dialect: str, **args: Any) -> tuple[dict[str, Any], list[str]]:
    ol = Outline("a-job")
    ol.add_layer(Shell("render", command=["true"], range="1", **args))
    ol.setup()
    made = build_spec(ol, dialect, Options(use_pycuerun=False))
    text = ET.fromstring(made.xml).findtext("cuelet")
    return (json.loads(text)["layers"]["render"] if text else {}), made.lowered


def test_a_cuelet_farm_gets_the_time_and_a_cuebot_a_word_about_it() -> None:
    assert "start_after" not in spec_of(CUELET)[0]
    before = time.time()
    layer, lowered = spec_of(CUELET, start_after="2h")
    assert before + 7200 <= layer["start_after"] <= time.time() + 7200
    assert lowered == []

    (sentence,) = spec_of(CUEBOT, start_after=NOON)[1]
    assert (
        sentence == "layer render: OpenCue takes no start time with a job; set it after the launch"
    )
    assert spec_of(CUELET, start_after=NOON)[0]["start_after"] == NOON.timestamp()


def test_a_layer_says_what_was_set() -> None:
    layer = Shell("render", command=["true"], range="1")
    assert layer.get_start_after() is None
    layer.set_start_after("2h")
    assert layer.get_start_after() == "2h"

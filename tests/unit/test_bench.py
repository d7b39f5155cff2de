from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BENCH = str(Path(__file__).parent.parent.parent / "bench")


@pytest.fixture(autouse=True)
def bench_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)


def make_line(**changes: Any) -> dict[str, Any]:
    from harness import Figure, at_most

    figure = Figure("P8", "launch", "ms", [3.0, 1.0, 2.0], target=at_most(5, "under 5 ms"))
    place = {"cores": 2, "kernel": "Linux 6", "python": "3.11", "load": 0.1, "fsync_ms": 1.0}
    return {**figure.line(), "machine": place, **changes}


def test_the_ratio_is_the_median_of_the_rounds_not_of_the_medians() -> None:
    from harness import Figure, at_most

    figure = Figure("P1", "import", "ms", [1, 10, 2], "stock", [10, 20, 10], at_most(0.2, "1/5"))

    assert figure.ratio == 0.2
    assert figure.reached is True


def test_a_rate_below_its_target_is_not_reached() -> None:
    from harness import Figure, at_least

    assert (
        Figure("P7", "rate", "1/s", [90.0], "peer", [100.0], at_least(1, "ahead")).reached is False
    )


def test_without_a_peer_the_target_is_compared_with_our_median() -> None:
    line = make_line()

    assert line["reached"] is True
    assert line["ratio"] is None
    assert line["ours"] == {"median": 2.0, "min": 1.0, "max": 3.0}


def test_measurements_take_turns() -> None:
    from harness import alternate

    calls: list[str] = []

    def measure(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    taken = alternate({"a": lambda: measure("a"), "b": lambda: measure("b")}, 2)

    assert calls == ["a", "b", "a", "b"]
    assert taken == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


@pytest.mark.parametrize(("count", "expected"), [(1, 1.0), (20, 19.0), (100, 95.0), (101, 96.0)])
def test_the_95th_percentile_is_a_value_that_95_of_100_do_not_exceed(
    count: int, expected: float
) -> None:
    from harness import percentile

    assert percentile([float(n) for n in range(count, 0, -1)], 0.95) == expected


def test_a_newer_row_replaces_the_older_one_and_leaves_the_others() -> None:
    from results import updated

    first = updated("", [make_line(), make_line(id="P10")], "2026-01-01", {"P8": "Why P8."})
    second = updated(first, [make_line(n=9)], "2026-02-02", {"P8": "Why P8."})

    rows = [row for row in second.splitlines() if row.startswith("| P")]
    assert [row.split(" | ")[0] for row in rows] == ["| P8", "| P10"]
    assert "| 9 | 2026-02-02 |" in rows[0]
    assert "2026-01-01" in rows[1]
    assert "* **P8**: Why P8." in second


def test_a_skipped_peer_says_why_in_its_row_whatever_the_text_holds() -> None:
    from harness import Skipped
    from results import row

    line = Skipped("P7-ray", "rate", "no wheel |\nfor this Python").line()
    text = row({**line, "machine": make_line()["machine"]}, "2026-01-01")

    assert "skipped: no wheel / for this Python" in text
    assert "\n" not in text


def test_every_benchmark_says_what_each_figure_is() -> None:
    import importlib

    from run import BENCHMARKS

    for name, module in BENCHMARKS.items():
        why = importlib.import_module(module).EXPLAIN
        assert why
        first = tuple(module.split("_")[:2])  # p3_p4_define measures both
        assert all(key.lower().startswith((name, *first)) for key in why)

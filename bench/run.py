"""Run benchmarks: all, or those named (``python bench/run.py p1 p7``); one JSON line per figure.

A figure that misses its target fails nothing; only a benchmark that breaks makes the exit status 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import ROUNDS, machine

BENCHMARKS = {
    "p1": "p1_import",
    "p2": "p2_frame",
    "p3": "p3_p4_define",
    "p5": "p5_plan",
    "p6": "p6_launch",
    "p7": "p7_rate",
    "p8": "p8_first_frame",
    "p9": "p9_gap",
    "p10": "p10_memory",
    "p11": "p11_calls",
    "p12": "p12_rest",
    "p13": "p13_p16_restart",
}
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # farms and peers end on the way out
    broken = 0
    for name in options.names or BENCHMARKS:
        try:
            for line in _measure(name, options.rounds):
                print(json.dumps(line), flush=True)
                if options.write:
                    _write(line)
        except Exception:  # noqa: BLE001 - the next benchmark still runs
            broken += 1
            sys.stderr.write(f"{name} broke:\n{traceback.format_exc()}")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="measurements behind a median")
    parser.add_argument("--write", action="store_true", help="update bench/RESULTS.md")
    return parser


def _measure(name: str, rounds: int) -> Iterator[dict[str, Any]]:
    module = importlib.import_module(BENCHMARKS[name])
    place = machine()
    for figure in module.run(rounds):
        yield {**figure.line(), "machine": place}


def _write(line: dict[str, Any]) -> None:
    from results import updated

    why: dict[str, str] = {}
    for module in BENCHMARKS.values():
        why |= importlib.import_module(module).EXPLAIN
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    RESULTS.write_text(updated(text, [line], today, why), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())

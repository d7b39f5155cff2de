"""The table of results in ``RESULTS.md``: rows by figure, newer ones in place of older ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_HEAD = (
    "| figure | what | ours | peer | ratio | target | reached | n | date | machine |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
_ROW = re.compile(r"^\| (P\d+\S*) \|.*\|$", re.MULTILINE)
_INTRO = """# Results

Written by `python bench/run.py --write`; one line per figure, the latest run of each.
Ours and peer are medians (least to most), taken in turns within one run; the ratio is the median of ours / peer over the rounds.
Absolute figures depend on the machine and its load; the ratios are what counts.
"""


def updated(
    text: str, lines: Iterable[Mapping[str, Any]], date: str, why: Mapping[str, str]
) -> str:
    """Return the document with rows for some figures.

    Args:
        text: The document so far, or nothing.
        lines: What was measured, as printed.
        date: Day of the measurement.
        why: One sentence per figure.
    """
    rows = {match[1]: match[0] for match in _ROW.finditer(text)}
    rows |= {line["id"]: row(line, date) for line in lines}
    ordered = [rows[key] for key in sorted(rows, key=_order)]
    notes = [f"* **{key}**: {why[key]}" for key in sorted(rows, key=_order) if key in why]
    return "\n".join([_INTRO, *_HEAD, *ordered, "", "## What each figure is", "", *notes, ""])


def _order(key: str) -> tuple[int, str]:
    number = re.match(r"P(\d+)", key)
    return int(number[1]) if number else 0, key


def row(line: Mapping[str, Any], date: str) -> str:
    """Return the table row of a printed line."""
    place = line["machine"]
    on = f"{place['cores']} cores, {place['kernel']}, Python {place['python']}, load {place['load']}, fsync {place['fsync_ms']} ms"
    if "skipped" in line:
        cells = [line["id"], line["what"], "-", f"skipped: {line['skipped']}", "-", "-", "-", "-"]
    else:
        peer = line["peer"]
        cells = [
            line["id"],
            line["what"],
            f"{_spread(line['ours'])} {line['unit']}",
            f"{peer['name']}: {_spread(peer)} {line['unit']}" if peer else "-",
            "-" if line["ratio"] is None else f"{line['ratio']:.3g}",
            line["target"] or "-",
            {True: "yes", False: "**no**", None: "-"}[line["reached"]],
            str(line["n"]),
        ]
    clean = (" ".join(cell.replace("|", "/").split()) for cell in [*cells, date, on])
    return f"| {' | '.join(clean)} |"


def _spread(values: Mapping[str, float]) -> str:
    return f"{_number(values['median'])} ({_number(values['min'])}-{_number(values['max'])})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

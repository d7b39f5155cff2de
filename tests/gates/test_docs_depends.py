"""The tables of the page on depends say what the resolver does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outline.frames import EdgeKind, Tasks, resolve

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "dependencies.md"


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    text = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]


def tasks(cell: str) -> Tasks:
    found = re.match(r"`([^`]+)`(?:.*chunk (\d+))?", cell)
    assert found, cell
    return Tasks.from_range(found[1], int(found[2] or 1))


def numbers(cell: str) -> set[int]:
    """Return the frames a cell names: `7`, `1 to 10`, `6, 7 and 8`, `the chunks 1 to 4 and 5 to 8`."""
    spans = [range(int(a), int(b) + 1) for a, b in re.findall(r"(\d+) to (\d+)", cell)]
    single = re.sub(r"\d+ to \d+", "", cell)
    return {n for span in spans for n in span} | {int(n) for n in re.findall(r"\d+", single)}


def waited_for(er: Tasks, on: Tasks, frame: int) -> set[int]:
    task = er.task_of(frame)
    assert task is not None
    links = resolve(EdgeKind.FRAME_BY_FRAME, er, on)
    return {number for awaited in links.waits_for(task) for number in on.members(awaited)}


@pytest.mark.parametrize("row", rows("The one rule") + rows("Chunks"), ids=" - ".join)
def test_a_row_says_what_its_frame_waits_for(row: list[str]) -> None:
    render, comp, frame, waits_for = row
    er = tasks(comp)

    chosen = er.frames if frame == "any" else [min(numbers(frame))]

    for number in chosen:
        assert waited_for(er, tasks(render), number) == numbers(waits_for)

"""Tables and lines of a command's output: no name is split, and what can be pasted stays on one line.

On a terminal that is too narrow, columns that can be spared are left out; where that is not enough,
the first column stands on a line of its own. A file or a pipe gets everything, as wide as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cuelet.cli.terminal import one_line, readable

MAX_CELL = 260
"""Characters of a cell that are shown; a job's name has at most 255."""
MAX_LINE = 100_000
"""Characters of a line that are shown: paths and commands stay whole."""
_GAP = "  "
_LEAST_ROOM = 24
"""What a column that is cut keeps; where there is less, columns are left out."""
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    is_right: bool
    """Whether cells stand at its right edge, as numbers do."""


@dataclass(slots=True)
class Table:
    """Rows of cells below titles."""

    columns: Sequence[Column]
    spare: Sequence[str] = ()
    """Titles of columns that may be left out, the first one first."""
    cut: str = ""
    """Title of the column that shows as much as there is room for; empty: none."""
    rows: list[list[str]] = field(default_factory=list)

    def add_row(self, *cells: str) -> None:
        """Add a row, a cell for each column."""
        self.rows.append([one_line(cell, MAX_CELL) for cell in cells])

    def lines(self, width: int | None) -> Iterable[list[str]]:
        """Yield the titles and the rows, each as the lines that it takes.

        Args:
            width: Columns of the terminal; None: there is no limit.
        """
        everything = list(range(len(self.columns)))
        if self.cut and width is not None:
            self._cut_cells(self._titles().index(self.cut), everything, width)
        kept = self._fitting(everything, width)
        if width is None or self._width(kept) <= width:
            yield from ([line] for line in self._aligned(kept))
            return
        rest = self._fitting(everything[1:], width - len(_GAP))
        below = self._aligned(rest)
        for row, line in zip([self._titles(), *self.rows], below, strict=True):
            yield [row[0], f"{_GAP}{line}".rstrip()]

    def _cut_cells(self, at: int, everything: Sequence[int], width: int) -> None:
        """Cut the cells of a column to the room beside the others, if there is some."""
        others = self._width([other for other in everything if other != at]) + len(_GAP)
        room = max(width - others, _LEAST_ROOM)
        for row in self.rows:
            row[at] = row[at] if width_of(row[at]) <= room else f"{row[at][: room - 3]}..."

    def _titles(self) -> list[str]:
        return [column.title for column in self.columns]

    def _fitting(self, chosen: Sequence[int], width: int | None) -> list[int]:
        """Return the columns that are left when those to spare give way until the others fit."""
        kept, titles = list(chosen), self._titles()
        for title in self.spare:
            if width is None or self._width(kept) <= width:
                break
            kept = [at for at in kept if titles[at] != title]
        return kept

    def _width(self, chosen: Sequence[int]) -> int:
        gaps = len(_GAP) * max(len(chosen) - 1, 0)
        return gaps + sum(self._column_width(at) for at in chosen)

    def _column_width(self, at: int) -> int:
        return max(width_of(row[at]) for row in [self._titles(), *self.rows])

    def _aligned(self, chosen: Sequence[int]) -> Iterable[str]:
        widths = {at: self._column_width(at) for at in chosen}
        for row in [self._titles(), *self.rows]:
            cells = (_padded(row[at], widths[at], self.columns[at]) for at in chosen)
            yield _GAP.join(cells).rstrip()


def _padded(cell: str, width: int, column: Column) -> str:
    room = " " * (width - width_of(cell))
    return room + cell if column.is_right else cell + room


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def table(*columns: tuple[str, str], spare: Sequence[str] = (), cut: str = "") -> Table:
    """Return an empty table.

    Args:
        columns: Title of each, and ``left`` or ``right`` for where its cells stand.
        spare: Titles of those that may be left out where there is no room, the first one first.
        cut: Title of the one that shows as much as there is room for; empty: none.
    """
    made = [Column(title, side == "right") for title, side in columns]
    return Table(made, spare, cut)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is, or None when it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def show(*things: Table | str) -> None:
    """Print tables or lines on stdout."""
    for thing in things:
        if isinstance(thing, Table):
            _print_table(thing)
        else:
            print(readable(thing, MAX_LINE))


def _print_table(made: Table) -> None:
    """Print a table, its titles bold, with an empty line around it."""
    is_bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print()
    for at, lines in enumerate(made.lines(terminal_width())):
        for line in lines:
            print(f"{_BOLD}{line}{_PLAIN}" if is_bold and not at else line)
    print()

"""Tables and lines of a command's output; a pipe gets them as wide as they are."""

from __future__ import annotations

from typing import Any

_PIPE_WIDTH = 200


def table(*columns: tuple[str, str]) -> Any:
    """Return an empty table.

    Args:
        columns: Title and justification of each.
    """
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for title, justify in columns:
        made.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return made


def show(*things: object) -> None:
    """Print tables or lines on stdout."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    console.print(*things, markup=False, highlight=False)

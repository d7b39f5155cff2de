"""The table of docs/reference/compatibility.md, made from what ``make interop`` saw, or compared with it."""

from __future__ import annotations

import sys
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from tests.interop import rows
from tests.interop.conftest import CLIENTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "compatibility.md"
BEGIN, END = "<!-- made by make interop -->\n", "<!-- end of what make interop made -->\n"


def text(results: dict[str, list[rows.Row]]) -> str:
    """Return the lines between the markers."""
    lines = ["| client | where | works | refused | fails in stock |", "|---|---|---|---|---|"]
    for client, found in results.items():
        lines += [_line(client, view, list(of_view)) for view, of_view in _by_view(found)]
    for result, title in (
        (rows.REFUSED, "Refused, with what the farm says"),
        (rows.STOCK, "Fails in stock's own code, whatever the server"),
    ):
        lines += ["", f"### {title}", ""]
        lines += [
            f"- {client}, {r['view']}, {r['action']}: {r['words']}"
            for client, found in results.items()
            for r in found
            if r["result"] == result
        ]
    return "\n".join(lines) + "\n"


def _by_view(found: list[rows.Row]):
    return groupby(sorted(found, key=itemgetter("view")), key=itemgetter("view"))


def _line(client: str, view: str, found: list[rows.Row]) -> str:
    counts = [
        sum(r["result"] == kind for r in found) for kind in (rows.WORKS, rows.REFUSED, rows.STOCK)
    ]
    return f"| {client} | {view} | {' | '.join(str(n or '') for n in counts)} |"


def page_with(page: str, table: str) -> str:
    """Return a page with another table between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Print the table; write it into the page, or with ``--check`` compare it."""
    results = rows.read()
    table = text(results)
    print(table)
    if missing := sorted(set(CLIENTS) - set(results)):
        print(f"not in the page: {', '.join(missing)} were not tried here", file=sys.stderr)
        return 1 if "--check" in arguments else 0
    page = PAGE.read_text()
    made = page_with(page, table)
    if made == page:
        return 0
    if "--check" in arguments:
        print(
            f"{PAGE} does not say what this run gave; run make interop and commit it",
            file=sys.stderr,
        )
        return 1
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

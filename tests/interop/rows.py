"""What came of each action of a client: kept as JSON between the tests and the table."""

from __future__ import annotations

import json
import os
from pathlib import Path

WORKS, REFUSED, STOCK, FAULT = "works", "refused", "stock", "fault"
Row = dict[str, str]


def folder() -> Path:
    """Return where environments and results are kept."""
    given = os.environ.get("CUELET_INTEROP_DIR")
    return Path(given) if given else Path(__file__).parents[2] / ".interop"


def row(view: str, action: str, result: str, words: str = "") -> Row:
    """Return one row; `words` are the farm's refusal, or why stock fails."""
    return {"view": view, "action": action, "result": result, "words": words}


def write(client: str, rows: list[Row]) -> None:
    """Keep the rows of a client."""
    results = folder() / "results"
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{client}.json").write_text(json.dumps(rows, indent=1))


def read() -> dict[str, list[Row]]:
    """Return the rows of every client that was tried."""
    return {
        path.stem: json.loads(path.read_text())
        for path in sorted((folder() / "results").glob("*.json"))
    }


def faults(rows: list[Row]) -> list[str]:
    """Return what neither works nor is refused with a sentence nor fails in stock's own code."""
    return [f"{r['view']}: {r['action']}: {r['words']}" for r in rows if r["result"] == FAULT]

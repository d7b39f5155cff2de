"""The store's SQL: named statements and numbered migrations, read from files."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def queries() -> dict[str, str]:
    """Return the statements of ``queries.sql`` by name."""
    text = resources.files("cuelet.store").joinpath("queries.sql").read_text(encoding="utf-8")
    blocks = text.split("-- name: ")[1:]
    return {name.strip(): sql.strip() for name, _, sql in (b.partition("\n") for b in blocks)}


@cache
def migrations() -> tuple[str, ...]:
    """Return the migration scripts in order; the schema version is their number."""
    folder = resources.files("cuelet.store").joinpath("migrations")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(f.read_text(encoding="utf-8") for f in files)

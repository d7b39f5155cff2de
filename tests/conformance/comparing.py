"""What differs between the answers of two Pythons to one script, and the table of differences that are meant."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.reading import RefusedError, flatten, read

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
MAX_SHOWN = 60


class Difference(NamedTuple):
    """One fact that is not the same on both sides."""

    script: str
    field: str
    stock: str
    ours: str


class Intended(NamedTuple):
    """A row of the table; ``*`` in script, field, stock or ours stands for anything."""

    id: str
    script: str
    field: str
    stock: str
    ours: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Tell whether the row says that this difference is meant."""
        return all(
            _matches(pattern, value) for pattern, value in zip(self[1:5], difference, strict=True)
        )


def _matches(pattern: str, value: str) -> bool:
    return any(fnmatchcase(value, each.replace("[", "[[]")) for each in pattern.split(" or "))


def differences(script: str, stock: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    """Return everything in which two answers differ; where one did not launch, that is all."""
    one, other = _facts(stock), _facts(ours)
    if one["launches"] != other["launches"]:
        one, other = _outcome(stock), _outcome(ours)
    return [
        Difference(script, field, *map(_shown, _apart(field, one.get(field), other.get(field))))
        for field in sorted({*one, *other})
        if one.get(field) != other.get(field) and not _is_part_of_refused(field, one, other)
    ]


def _apart(field: str, one: Any, other: Any) -> tuple[Any, Any]:
    """Return two values, of depends only those the other side lacks."""
    if not field.endswith("depends") or not one or not other:
        return one, other
    return [each for each in one if each not in other], [each for each in other if each not in one]


def _is_part_of_refused(field: str, *sides: dict[str, Any]) -> bool:
    """Tell whether one side has nothing to compare, because a Cuebot refuses its specification."""
    name = field.partition(".")[0]
    return name != field and any(str(side.get(name)).startswith("refused") for side in sides)


def _facts(answer: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"launches": len(answer["specs"])}
    facts.update({f"fact.{at}": line for at, line in enumerate(answer["facts"])})
    for at, xml in enumerate(answer["specs"]):
        facts.update(_read(xml, f"spec{at}" if at else "spec"))
    return facts


def _read(xml: str, name: str) -> dict[str, Any]:
    try:
        return {name: "accepted", **flatten(read(xml), name)}
    except RefusedError as refusal:
        return {name: f"refused: {refusal}"}


def _outcome(answer: dict[str, Any]) -> dict[str, Any]:
    """Return whether there was a launch, and the kind of error when not."""
    launched = len(answer["specs"])
    return {"launches": launched or str(answer["error"])}


def _shown(value: Any) -> str:
    text = "-" if value is None else str(value)
    text = re.sub(r"\s+", " ", text).replace("|", "/")
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def intended() -> list[Intended]:
    """Return the rows of the table."""
    rows = []
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| C") and len(cells) == len(Intended._fields):
            rows.append(Intended(*cells))
    return rows

"""The locks in locks/ hold what pyproject.toml asks for, each package by version and hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = {"dev": "dev", "demo": "demo", "lowest": "dev"}
"""Each lock, and the extra that it holds beside what Cuelet itself needs."""


def entries(lock: str) -> list[str]:
    """Return the pins of a lock, each with its hashes."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    return re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]


def pins(lock: str) -> dict[str, set[Version]]:
    """Return the versions of each package; several where Python's version decides."""
    found: dict[str, set[Version]] = {}
    for entry in entries(lock):
        name, _, rest = entry.partition("==")
        found.setdefault(canonicalize_name(name), set()).add(Version(rest.split()[0]))
    return found


def asked(lock: str) -> list[Requirement]:
    project = PROJECT["project"]
    texts = [
        *project["dependencies"],
        *project["optional-dependencies"][EXTRAS[lock]],
        *PROJECT["build-system"]["requires"],
    ]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_holds_what_is_asked_for(lock: str) -> None:
    locked = pins(lock)

    wrong = [
        str(need)
        for need in asked(lock)
        if not all(
            version in need.specifier
            for version in locked.get(canonicalize_name(need.name), {Version("0")})
        )
    ]

    assert wrong == [], f"run make update: locks/{lock}.txt is behind pyproject.toml"


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [each for each in entries(lock) if "--hash=sha256:" not in each] == []


def test_both_extras_fit_into_one_environment() -> None:
    dev, demo = pins("dev"), pins("demo")

    assert {
        name: (dev[name], demo[name]) for name in dev.keys() & demo if dev[name] != demo[name]
    } == {}


def test_the_lowest_versions_are_those_that_are_promised() -> None:
    lowest = pins("lowest")
    needs = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    floors = {
        canonicalize_name(need.name): Version(bound.version)
        for need in needs
        for bound in need.specifier
        if bound.operator == ">="
    }

    assert len(floors) == len(needs)
    assert {name: {floor} for name, floor in floors.items()} == {n: lowest[n] for n in floors}

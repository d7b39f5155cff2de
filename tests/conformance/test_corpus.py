"""Every script of the corpus makes the job that stock PyOutline makes of it, or a difference that is meant."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.comparing import Intended, differences, intended
from tests.conformance.conftest import CORPUS


@pytest.fixture(scope="module")
def table() -> list[Intended]:
    return intended()


def test_the_table_has_a_reason_and_an_id_of_its_own_for_every_row(table: list[Intended]) -> None:
    assert table
    assert len({row.id for row in table}) == len(table)
    assert all(len(row.reason) > 10 for row in table)


def test_the_corpus_is_not_small() -> None:
    assert len(CORPUS) >= 100


@pytest.mark.parametrize("script", [path.name for path in CORPUS])
def test_a_script_makes_the_same_job(
    answers: dict[str, Any], table: list[Intended], script: str
) -> None:
    found = differences(script, answers["stock"][script], answers["ours"][script])

    unmeant = [each for each in found if not any(row.covers(each) for row in table)]

    assert not unmeant, "\n".join(" | ".join(each) for each in unmeant)


def test_every_row_of_the_table_is_still_true(
    answers: dict[str, Any], table: list[Intended]
) -> None:
    found = [
        each
        for path in CORPUS
        for each in differences(path.name, answers["stock"][path.name], answers["ours"][path.name])
    ]

    assert [row.id for row in table if not any(row.covers(each) for each in found)] == []

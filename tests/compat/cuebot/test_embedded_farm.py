"""The embedded farm answers recorded requests as the real Cuebot did, but for what the page on differences says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compat.cuebot.against import Finding, replayed
from tests.compat.cuebot.differences import DIFFERENCES, Difference
from tests.conftest import make_box

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "differences.md"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """Return everything that a fresh farm answers otherwise to what was recorded."""
    box = make_box(tmp_path_factory.mktemp("replayed"))
    box.env["USER"] = "ada"
    box.start()
    found = replayed(box.info["address"])
    assert box.close() == []
    return found


def test_every_difference_is_known(findings: list[Finding]) -> None:
    unknown = [f for f in findings if not any(each.covers(f) for each in DIFFERENCES)]
    first = {(f.call.label, f.what): f for f in reversed(unknown)}

    assert not first, "mend it, or give it a row in differences.py and on the page:\n" + "\n".join(
        map(str, first.values())
    )


def test_no_difference_is_listed_that_is_none_any_more(findings: list[Finding]) -> None:
    gone = [each for each in DIFFERENCES if not any(each.covers(f) for f in findings)]

    assert not gone, "remove from differences.py:\n" + "\n".join(map(str, gone))


@pytest.mark.parametrize("each", DIFFERENCES, ids=lambda each: f"{each.calls} {each.what}")
def test_the_page_on_differences_says_so(each: Difference) -> None:
    assert each.row in PAGE.read_text(encoding="utf-8")

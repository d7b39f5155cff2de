"""The page on plans lists every finding."""

from __future__ import annotations

import re
from pathlib import Path

from outline.planning.lint.codes import CODES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "plan.md"


def test_the_page_says_what_each_code_means() -> None:
    rows = re.findall(r"^\| `(P\d+)` \| [^|]+ \| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)

    assert dict(rows) == dict(CODES)
    assert [code for code, _ in rows] == sorted(CODES)

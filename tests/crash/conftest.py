"""Print what the crash tests measured, below their outcome."""

from __future__ import annotations

import json
from typing import Any

from tests.crash import scale


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if scale.is_long() and scale.figures:
        terminalreporter.section("measured")
        for found in scale.figures:
            terminalreporter.write_line(json.dumps(found))

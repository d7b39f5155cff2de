"""A traceback reaches the log, whatever the user's code did to the streams."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "done", ["stdout.close()", "stdout = None", "stderr.close()", "stderr = None"]
)
def test_a_traceback_is_written_with_streams_closed_or_gone(done: str) -> None:
    code = f"import sys; from outline._stderr import usertrace; sys.{done}; usertrace.write('why ü\\n')"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)

    assert (told.returncode, told.stderr.decode()) == (0, "why ü\n")

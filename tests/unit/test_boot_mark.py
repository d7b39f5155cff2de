"""A mark tells one boot of the machine from another, and says nothing when it is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cuelet.runner.boot_mark import is_from_another_boot, leave


def test_a_mark_tells_its_boot_from_others(tmp_path: Path) -> None:
    mark = tmp_path / "boot"

    assert not is_from_another_boot(mark, "one")
    leave(mark, "one")
    assert not is_from_another_boot(mark, "one")
    assert is_from_another_boot(mark, "two")
    leave(mark, "two")
    assert not is_from_another_boot(mark, "two")
    assert [path.name for path in tmp_path.iterdir()] == ["boot"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_damaged_mark_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "boot").write_bytes(content)

    assert not is_from_another_boot(tmp_path / "boot", "one")


def test_a_folder_that_cannot_be_written_costs_only_the_mark(tmp_path: Path) -> None:
    leave(tmp_path / "missing" / "boot", "one")

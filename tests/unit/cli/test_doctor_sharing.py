"""What the doctor says of a folder of sessions that hosts have to share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuelet.cli.doctor import sharing
from outline.jobspec.renderfarm import RenderHost

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:44 / /net rw,relatime shared:9 master:2 - nfs4 server:/export rw
31 22 8:2 / /with\\040blank rw - xfs /dev/sda2 rw
32 30 0:45 / /net/scratch rw - tmpfs tmpfs rw
"""
ELSEWHERE = RenderHost(name="blade.invalid", cores=1, memory_mb=1)
HERE = RenderHost(name="127.0.0.1", cores=1, memory_mb=1)


@pytest.fixture(autouse=True)
def mounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the machine have these file systems."""
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    monkeypatch.setattr(sharing, "_MOUNTS", path)
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/home/ada/sessions", "ext4"),
        ("/net", "nfs4"),
        ("/network", "ext4"),
        ("/net/sessions", "nfs4"),
        ("/net/scratch/a", "tmpfs"),
        ("/with blank/a", "xfs"),
    ],
)
def test_the_innermost_mount_is_what_a_folder_is_on(folder: str, kind: str) -> None:
    assert sharing.file_system(Path(folder)) == kind


def test_of_two_mounts_at_one_place_the_later_one_counts(mounts: Path) -> None:
    mounts.write_text(f"{MOUNTS}40 30 0:46 / /net rw - fuse.sshfs ada@server: rw\n")

    assert sharing.file_system(Path("/net/a")) == "fuse.sshfs"


def test_nobody_knows_where_there_is_no_such_file(mounts: Path) -> None:
    mounts.unlink()

    assert sharing.file_system(Path("/")) == ""


@pytest.mark.parametrize(
    ("folder", "hosts", "warned"),
    [
        ("/home/ada", [ELSEWHERE], True),
        ("/home/ada", [HERE], False),
        ("/home/ada", [], False),
        ("/net/sessions", [HERE, ELSEWHERE], False),
    ],
)
def test_a_disk_of_this_machine_is_a_warning_where_there_are_others(
    folder: str, hosts: list[RenderHost], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "root_folder", lambda: Path(folder))

    found = list(sharing.unshared_sessions(hosts))

    assert [each.level for each in found] == ["warning"] * warned
    assert all("blade.invalid is another one" in each.detail for each in found)


def test_files_of_somebody_else_in_own_sessions_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.getuid():
        pytest.skip("only root can give files away")
    left = tmp_path / "demo-sh010-ada_x" / "layers"
    left.mkdir(parents=True)
    monkeypatch.setattr(sharing, "root_folder", lambda: tmp_path)
    assert list(sharing.sessions_of_others()) == []
    os.chown(left, 54321, -1)

    (found,) = sharing.sessions_of_others()

    assert f"{left} belongs to uid 54321" in found.detail

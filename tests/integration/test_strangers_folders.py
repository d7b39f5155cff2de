"""Names that another user can guess in folders for all: nothing of theirs is followed, changed or believed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuelet.settings import LocalEnvironmentError, Settings, prepare_folders
from opencue import embedded
from opencue.exception import FarmNotOursException
from tests.conftest import FarmBox
from tests.strangers import UID, need_a_second_user, said_by_stranger


@pytest.fixture
def everybodys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder like /tmp, which is the temporary folder of this process too."""
    need_a_second_user()
    top = Path(f"/tmp/cuelet-test-{os.urandom(8).hex()}")
    top.mkdir()
    top.chmod(0o1777)
    monkeypatch.setenv("TMPDIR", str(top))
    monkeypatch.setattr(tempfile, "tempdir", str(top))
    yield top
    shutil.rmtree(top)


@pytest.fixture
def deep(tmp_path: Path) -> Settings:
    """Return settings whose folder is too deep for a socket, which then goes to the temporary one."""
    return Settings(state_dir=tmp_path / ("d" * 120))


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "public_html"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


PLANTED = {
    "a link to a folder of ours": "os.symlink(sys.argv[2], sys.argv[1])",
    "a link to a folder of theirs": "os.mkdir(sys.argv[1] + '-'); os.symlink(sys.argv[1] + '-', sys.argv[1])",
    "a link to nowhere": "os.symlink('/nowhere/at/all', sys.argv[1])",
    "a folder": "os.mkdir(sys.argv[1])",
    "a file": "open(sys.argv[1], 'w').close()",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_stands_where_the_socket_goes_is_not_followed(
    everybodys: Path, deep: Settings, victim: Path, planted: str
) -> None:
    said_by_stranger(PLANTED[planted], everybodys / f"cuelet-{os.getuid()}", victim)

    with pytest.raises(LocalEnvironmentError, match="CUELET_STATE_DIR"):
        prepare_folders(deep)

    assert victim.stat().st_mode & 0o777 == 0o755
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_not_even_a_link_of_ours_is_followed_there(
    everybodys: Path, deep: Settings, victim: Path, kind: str
) -> None:
    """Where the kernel lets them, others make hard links to a link of ours."""
    link = everybodys / "link"
    link.symlink_to(victim)
    guessed = everybodys / f"cuelet-{os.getuid()}"
    link.rename(guessed) if kind == "soft" else os.link(link, guessed, follow_symlinks=False)

    with pytest.raises(LocalEnvironmentError, match="is a link"):
        prepare_folders(deep)

    assert victim.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_ours_there_is_used_and_made_private(everybodys: Path, deep: Settings) -> None:
    (everybodys / f"cuelet-{os.getuid()}").mkdir(mode=0o755)

    prepare_folders(deep)

    assert deep.socket.parent.stat().st_mode & 0o777 == 0o700


def test_the_command_says_what_is_in_the_way(box: FarmBox, everybodys: Path, victim: Path) -> None:
    box.env |= {"TMPDIR": str(everybodys), "CUELET_STATE_DIR": str(box.home / ("d" * 120))}
    said_by_stranger(
        PLANTED["a link to a folder of ours"], everybodys / f"cuelet-{os.getuid()}", victim
    )

    done = box.cuelet("farm", "start", "--port", "0")

    assert done.returncode == 4
    assert "is a link, which somebody may turn; set CUELET_STATE_DIR" in done.stderr
    assert victim.stat().st_mode & 0o777 == 0o755


def test_our_own_link_to_the_state_directory_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "disk")

    prepare_folders(Settings(state_dir=tmp_path / "state"))

    assert (tmp_path / "disk" / "runner").is_dir()


def test_a_link_of_others_to_the_state_directory_is_not(everybodys: Path, victim: Path) -> None:
    said_by_stranger(PLANTED["a link to a folder of ours"], everybodys / "state", victim)

    with pytest.raises(LocalEnvironmentError, match="is a link"):
        prepare_folders(Settings(state_dir=everybodys / "state"))


def test_what_others_left_in_a_folder_they_could_write_to_is_not_taken_over(
    everybodys: Path,
) -> None:
    state = everybodys / "state"
    state.mkdir()
    state.chmod(0o777)
    said_by_stranger("open(sys.argv[1], 'w').close()", state / "farm.db")

    with pytest.raises(LocalEnvironmentError, match=r"farm\.db in it belongs to another user"):
        prepare_folders(Settings(state_dir=state))


def test_a_record_that_others_planted_is_not_believed(
    everybodys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = everybodys / "state"
    monkeypatch.setenv("CUELET_STATE_DIR", str(state))
    said_by_stranger(
        "os.mkdir(sys.argv[1]); file = open(sys.argv[1] + '/farm.json', 'w')\n"
        'file.write(\'{"socket": "/tmp/x"}\')',
        state,
    )
    with pytest.raises(FarmNotOursException, match=f"belongs to uid {UID}"):
        embedded.recorded()

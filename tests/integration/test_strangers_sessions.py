"""A session directory that two users share: no code and no data of one reaches the other's frames."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outline import Outline, config, cuerun, load_outline
from outline._session.folder import Folder
from outline.exception import ForeignSessionError, SessionException
from outline.layer import Frame
from outline.modules.shell import Shell
from tests.conftest import FarmBox
from tests.strangers import UID, as_stranger, need_a_second_user, said_by_stranger


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder like /tmp that is the session_dir of everybody."""
    need_a_second_user()
    top = Path(f"/tmp/cuelet-test-{os.urandom(8).hex()}")
    top.mkdir()
    top.chmod(0o1777)
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_DIR", str(top))
    config.reload()
    yield top
    config.reload()
    shutil.rmtree(top)


def outline_named(name: str, note: Path) -> Outline:
    """Return an outline whose layer writes into a file; its class travels as a pickle."""

    class Note(Frame):
        def _execute(self, frames: object) -> None:
            line = f"{self.get_arg('whose')} {self.get_data('word')}\n"
            with note.open("a") as stream:
                stream.write(line)

    ol = Outline(name, frame_range="1-1")
    layer = Note("main", whose=name)
    layer.put_data("word", name)
    ol.add_layer(layer)
    return ol


def set_up(name: str, note: Path) -> Path:
    """Make a session of an outline and return its folder."""
    ol = outline_named(name, note)
    ol.setup()
    return Path(ol.get_session().get_path())


def give_to_stranger(path: Path) -> None:
    for each in [path, *path.rglob("*")]:
        os.chown(each, UID, UID, follow_symlinks=False)


def execute(session: Path) -> subprocess.CompletedProcess[str]:
    """Run the frame of a session as a host does."""
    return subprocess.run(
        [sys.executable, "-m", "outline.pycuerun", "-e", "1-main", str(session / "outline.yaml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "note"


@pytest.fixture
def pair(shared: Path, note: Path) -> tuple[Path, Path]:
    """Return a session of ours and one of a stranger's, both for the same frame."""
    ours, theirs = set_up("ours", note), set_up("theirs", note)
    give_to_stranger(theirs.parent)
    return ours, theirs


def test_our_own_session_runs_in_a_folder_for_all(pair: tuple[Path, Path], note: Path) -> None:
    assert execute(pair[0]).returncode == 0
    assert note.read_text() == "ours ours\n"


def test_a_session_of_somebody_else_is_not_executed(pair: tuple[Path, Path], note: Path) -> None:
    done = execute(pair[1])

    assert done.returncode == 1
    assert f"belongs to uid {UID}, not to you" in done.stderr
    assert "session_users of outline.cfg" in done.stderr
    assert not note.exists()


@pytest.mark.parametrize("name", ["outline.yaml", "layers.pack"])
def test_a_file_of_somebody_else_in_our_session_is_not_read(
    pair: tuple[Path, Path], note: Path, name: str
) -> None:
    ours, theirs = pair
    shutil.copy(theirs / name, ours / name)
    os.chown(ours / name, UID, UID)

    assert f"{name} belongs to uid {UID}" in execute(ours).stderr
    assert not note.exists()


def test_a_session_that_may_not_be_entered_says_whose_it_is(
    pair: tuple[Path, Path], note: Path
) -> None:
    done = as_stranger(
        "sys.exit(outline.pycuerun.main(['-e', '1-main', sys.argv[1]]))",
        pair[0],
        imports="pwd, outline.pycuerun, outline.loader, outline.event, outline._stderr.usertrace",
    )

    assert done.returncode == 1
    assert "permission denied: nobody runs it and may not enter" in done.stderr
    assert f"{pair[0].parent}, which is root's" in done.stderr
    assert "session_group" in done.stderr
    assert not note.exists()


def test_what_root_makes_in_a_session_belongs_to_its_owner(
    pair: tuple[Path, Path], note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_USERS", "any")
    theirs = pair[1]
    shutil.rmtree(theirs / "layers")
    folder = Folder(str(theirs))

    folder.write(("layers", "main", "data", "word.yaml"), b"word", replace=True)

    owners = {each: each.lstat().st_uid for each in theirs.rglob("*")}
    assert set(owners.values()) == {UID}, owners


def test_data_of_somebody_else_is_not_read(pair: tuple[Path, Path], note: Path) -> None:
    ours, _ = pair
    os.chown(ours / "layers/main/data/word.yaml", UID, UID)

    assert f"belongs to uid {UID}" in execute(ours).stderr
    assert not note.exists()


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702, 0o770, 0o2770])
def test_a_session_that_others_can_write_to_is_not_executed(
    pair: tuple[Path, Path], note: Path, mode: int
) -> None:
    os.chown(pair[0], 0, 100)
    pair[0].chmod(mode)

    assert "can be written to by" in execute(pair[0]).stderr
    assert not note.exists()


@pytest.mark.parametrize("name", ["outline.yaml", "layers.pack"])
def test_a_file_that_others_can_write_to_is_not_read(
    pair: tuple[Path, Path], note: Path, name: str
) -> None:
    (pair[0] / name).chmod(0o606)

    assert f"{name} can be written to by every user" in execute(pair[0]).stderr
    assert not note.exists()


def test_another_session_of_ours_does_not_stand_in_for_one(
    pair: tuple[Path, Path], shared: Path, note: Path
) -> None:
    ours, other = pair[0], set_up("other", note)
    shared.chmod(0o777)  # without the sticky bit anybody may rename what is in it
    ours.parent.rename(shared / "away")
    ours.parent.mkdir()
    ours.symlink_to(other)
    os.chown(ours, UID, UID, follow_symlinks=False)
    os.chown(ours.parent, UID, UID)

    done = execute(ours)

    assert done.returncode == 1
    assert f"belongs to uid {UID}, not to you" in done.stderr
    assert not note.exists()


def test_a_link_in_a_folder_of_ours_leads_to_a_session(pair: tuple[Path, Path], note: Path) -> None:
    link = pair[0].with_name("latest")
    link.symlink_to(pair[0].name)

    assert execute(link).returncode == 0
    assert note.read_text() == "ours ours\n"


@pytest.mark.parametrize("users", [str(UID), "any"])
def test_who_trusts_the_owner_says_so(
    pair: tuple[Path, Path], note: Path, monkeypatch: pytest.MonkeyPatch, users: str
) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_USERS", users)

    assert execute(pair[1]).returncode == 0
    assert note.read_text() == "theirs theirs\n"


def test_an_unknown_user_is_named(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_USERS", "no-such-user")
    assert "'no-such-user' is no user of this machine" in execute(pair[1]).stderr


PLANTED: dict[str, str] = {
    "a folder": "os.mkdir(path); os.chmod(path, 0o777)",
    "a private folder": "os.mkdir(path, 0o700)",
    "a link to a folder": "os.mkdir(path + '-'); os.chmod(path + '-', 0o777); os.symlink(path + '-', path)",
    "a link to a folder of ours": "os.symlink(sys.argv[2], path)",
    "a link to nowhere": "os.symlink('/nowhere', path)",
    "a file": "open(path, 'w').close()",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_somebody_planted_where_our_sessions_go_is_refused(
    shared: Path, note: Path, tmp_path: Path, planted: str
) -> None:
    ol = outline_named("ours", note)
    parent = Path(ol.reserve_session_path()).parent
    target = tmp_path / "target"
    target.mkdir()
    said_by_stranger(f"path = sys.argv[1]; {PLANTED[planted]}", parent, target)

    with pytest.raises(SessionException):
        ol.setup()

    assert list(target.iterdir()) == []
    assert [*parent.glob("*")] == [] or not parent.is_dir()


def test_a_folder_of_ours_that_others_can_write_to_is_refused(shared: Path, note: Path) -> None:
    ol = outline_named("ours", note)
    parent = Path(ol.reserve_session_path()).parent
    parent.mkdir()
    parent.chmod(0o777)

    with pytest.raises(ForeignSessionError, match="written to by every user"):
        ol.setup()


def test_a_launch_says_whose_the_folder_is_and_sends_nothing(client: FarmBox, shared: Path) -> None:
    ol = Outline("ours")
    ol.add_layer(Shell("main", command=["true"]))
    parent = Path(ol.reserve_session_path()).parent
    said_by_stranger("os.mkdir(sys.argv[1])", parent)

    with pytest.raises(ForeignSessionError, match=f"belongs to uid {UID}, not to you"):
        cuerun.launch(ol, use_pycuerun=True)

    assert client.json("jobs", "--all") == []


@pytest.mark.parametrize("swap", ["parent", "session"])
def test_a_session_that_was_swapped_is_not_executed(
    pair: tuple[Path, Path], note: Path, shared: Path, swap: str
) -> None:
    """A folder for all without the sticky bit lets everybody rename what is in it."""
    ours, theirs = pair
    shared.chmod(0o777)
    code = (
        "ours, theirs = sys.argv[1:3]; up = os.path.dirname\n"
        "os.rename(up(ours), up(ours) + '-gone')\n"
        "if sys.argv[3] == 'parent': os.rename(up(theirs), up(ours)); theirs = up(ours) + theirs[len(up(theirs)):]\n"
        "else: os.mkdir(up(ours))\n"
        "os.rename(theirs, ours)\n"
    )
    said_by_stranger(code, ours, theirs, swap)

    assert f"belongs to uid {UID}" in execute(ours).stderr
    assert not note.exists()


def test_a_way_that_is_turned_while_we_read_leads_to_no_code_of_others(
    pair: tuple[Path, Path], note: Path, tmp_path: Path
) -> None:
    """Every opening may find the other session; what is read is judged, not its name."""
    ours, theirs = pair
    way = tmp_path / "way"
    way.symlink_to(ours)
    refused = 0
    for period in (1, 2, 3, 4, 5, 99):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", turning(way, (ours, theirs), period))
            try:
                load_outline(str(way)).get_layer("main").execute(1)
            except ForeignSessionError:
                refused += 1

    assert refused >= 4
    assert set(note.read_text().split()) == {"ours"}


def turning(way: Path, targets: tuple[Path, Path], period: int) -> Callable[..., int]:
    """Return an ``os.open`` before which a link is turned, every so many times to the other target."""
    opened, turns = os.open, iter(range(10**9))

    def turn_and_open(path: object, *args: object, **more: object) -> int:
        if path == str(way):
            fresh = way.with_name("fresh")
            fresh.symlink_to(targets[next(turns) // period % 2])
            fresh.replace(way)
        return opened(path, *args, **more)  # type: ignore[arg-type]

    return turn_and_open


class TestGroup:
    """Sessions that are shared with a group on purpose."""

    @pytest.fixture
    def shared_session(
        self, shared: Path, note: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[int, int], Path]:
        monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "true")
        config.reload()

        def make(uid: int, gid: int) -> Path:
            session = set_up("group", note)
            for each in [session.parent, session, *session.rglob("*")]:
                mode = each.stat().st_mode
                os.chown(each, uid, gid)
                each.chmod(mode & 0o7777)
            return session

        return make

    def test_are_executed_when_the_owner_is_in_our_group(
        self, shared_session: Callable[[int, int], Path], note: Path
    ) -> None:
        ours = shared_session(os.geteuid(), os.getegid())
        assert execute(ours).returncode == 0

    def test_are_not_executed_when_the_owner_is_not_in_it(
        self, shared_session: Callable[[int, int], Path], note: Path
    ) -> None:
        theirs = shared_session(UID, os.getegid())  # as a folder with setgid would give it
        assert f"belongs to uid {UID}" in execute(theirs).stderr
        assert not note.exists()

    def test_are_not_executed_when_nobody_shares_now(
        self,
        shared_session: Callable[[int, int], Path],
        note: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ours = shared_session(os.geteuid(), 100)
        monkeypatch.setenv("OUTLINE_OUTLINE_SESSION_GROUP", "false")
        assert "group 100, and session_group is not set" in execute(ours).stderr

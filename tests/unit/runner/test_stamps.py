"""What files look like, and whether a stamp can be relied on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuelet.core.operations.skip import Question, Seen, Trace
from cuelet.core.values.runs import OutputFile
from cuelet.runner.looks import look
from cuelet.runner.stamps import COARSE_NS, TICK_NS, take_settled_stamp, take_stamp

OLD_NS = 1_600_000_000_123_456_789


def made(path: Path, text: str = "x", at_ns: int = OLD_NS) -> OutputFile:
    path.write_text(text)
    os.utime(path, ns=(at_ns, at_ns))
    return OutputFile("a", (str(path),))


def test_the_same_files_have_the_same_stamp(tmp_path: Path) -> None:
    files = [made(tmp_path / "a"), made(tmp_path / "b", at_ns=OLD_NS + 5)]

    stamp = take_stamp(files)

    assert stamp == take_stamp(files)
    assert (stamp.oldest_ns, stamp.newest_ns, stamp.fault) == (OLD_NS, OLD_NS + 5, "")


def test_a_change_of_size_time_or_name_changes_the_stamp(tmp_path: Path) -> None:
    file = made(tmp_path / "a")
    stamps = {take_stamp([file]).text}
    stamps.add(take_stamp([made(tmp_path / "a", "xy")]).text)
    stamps.add(take_stamp([made(tmp_path / "a", at_ns=OLD_NS + 1)]).text)
    stamps.add(take_stamp([made(tmp_path / "b")]).text)
    stamps.add(take_stamp([file, made(tmp_path / "b")]).text)
    stamps.add(take_stamp([]).text)

    assert len(stamps) == 6
    assert "" not in stamps


def test_where_a_symlink_leads_is_what_counts(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "two", "longer", at_ns=OLD_NS - 5)
    link = tmp_path / "link"
    link.symlink_to("one")
    file = OutputFile("a", (str(link),))
    first = take_stamp([file])

    link.unlink()
    link.symlink_to("two")

    assert take_stamp([file]).text != first.text


@pytest.mark.parametrize("kind", ["missing", "empty", "small", "directory", "pipe"])
def test_what_is_no_file_with_content_gives_no_stamp(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "empty":
        path.touch()
    elif kind == "small":
        path.write_text("ab")
    elif kind == "directory":
        (path / "b").mkdir(parents=True)
    elif kind == "pipe":
        os.mkfifo(path)

    stamp = take_stamp([OutputFile("a", (str(path),), min_bytes=3)])

    assert stamp.text == ""
    assert stamp.fault.startswith(str(path))


def test_the_first_place_with_enough_content_counts(tmp_path: Path) -> None:
    small, large = made(tmp_path / "a"), made(tmp_path / "b", "much more")
    both = OutputFile("a", (*small.paths, *large.paths), min_bytes=3)

    assert take_stamp([both]).text == take_stamp([large]).text


def test_a_fresh_file_is_looked_at_again_after_a_tick(tmp_path: Path) -> None:
    file = made(tmp_path / "a")
    slept: list[float] = []
    now = OLD_NS + 1

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += TICK_NS
        made(tmp_path / "a", "written within the tick")

    stamp = take_settled_stamp([file], lambda: now, sleep)

    assert slept == [TICK_NS / 1e9]
    assert stamp.text == take_stamp([file]).text


@pytest.mark.parametrize(
    ("at_ns", "age_ns", "is_reliable"),
    [
        (OLD_NS, TICK_NS, True),
        (OLD_NS, -1, False),
        (OLD_NS, -COARSE_NS, False),
        (1_600_000_000_000_000_000, TICK_NS * 2, False),
        (1_600_000_000_000_000_000, COARSE_NS, True),
    ],
)
def test_a_stamp_is_relied_on_when_every_later_write_would_change_it(
    tmp_path: Path, at_ns: int, age_ns: int, is_reliable: bool
) -> None:
    file = made(tmp_path / "a", at_ns=at_ns)

    stamp = take_settled_stamp([file], lambda: at_ns + age_ns, lambda _: None)

    assert bool(stamp.text) is is_reliable


def test_no_inputs_at_all_are_reliable() -> None:
    assert take_settled_stamp([]).text


def seen(inputs: tuple[OutputFile, ...], outputs: tuple[OutputFile, ...]) -> Seen:
    (found,) = look([Question("job", 0, 1, Trace("k", "c", "e", "f"), inputs, outputs)])
    return found


def test_a_look_tells_what_is_missing_and_which_is_newer(tmp_path: Path) -> None:
    source, result = made(tmp_path / "in"), made(tmp_path / "out", at_ns=OLD_NS)

    assert seen((source,), (result,)).is_newer  # a copy that keeps times is as old as its source
    made(tmp_path / "in", at_ns=OLD_NS + 1)
    assert not seen((source,), (result,)).is_newer
    (tmp_path / "in").unlink()
    assert seen((source,), (result,)).fault == f"input {tmp_path / 'in'} is missing"
    (tmp_path / "out").unlink()
    assert seen((source,), (result,)).fault == f"output {tmp_path / 'out'} is missing"


def test_a_look_that_fails_answers_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("cuelet.runner.looks.take_stamp", broken)

    assert seen((), ()).fault == "its files could not be looked at"

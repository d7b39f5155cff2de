"""What files look like, and whether a fingerprint can be relied on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cuelet.core.operations.skip import CheckRequest, CheckResult, WorkFingerprint
from cuelet.core.values.runs import OutputFile
from cuelet.runner.fingerprints import (
    COARSE_NS,
    TICK_NS,
    take_fingerprint,
    take_settled_fingerprint,
)
from cuelet.runner.freshness import check_files

OLD_NS = 1_600_000_000_123_456_789


def made(path: Path, text: str = "x", at_ns: int = OLD_NS) -> OutputFile:
    path.write_text(text)
    os.utime(path, ns=(at_ns, at_ns))
    return OutputFile("a", (str(path),))


def test_the_same_files_have_the_same_fingerprint(tmp_path: Path) -> None:
    files = [made(tmp_path / "a"), made(tmp_path / "b", at_ns=OLD_NS + 5)]

    fingerprint = take_fingerprint(files)

    assert fingerprint == take_fingerprint(files)
    assert (fingerprint.oldest_ns, fingerprint.newest_ns, fingerprint.fault) == (
        OLD_NS,
        OLD_NS + 5,
        "",
    )


def test_a_change_of_size_time_or_name_changes_the_fingerprint(tmp_path: Path) -> None:
    file = made(tmp_path / "a")
    fingerprints = {take_fingerprint([file]).text}
    fingerprints.add(take_fingerprint([made(tmp_path / "a", "xy")]).text)
    fingerprints.add(take_fingerprint([made(tmp_path / "a", at_ns=OLD_NS + 1)]).text)
    fingerprints.add(take_fingerprint([made(tmp_path / "b")]).text)
    fingerprints.add(take_fingerprint([file, made(tmp_path / "b")]).text)
    fingerprints.add(take_fingerprint([]).text)

    assert len(fingerprints) == 6
    assert "" not in fingerprints


def test_where_a_symlink_leads_is_what_counts(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "two", "longer", at_ns=OLD_NS - 5)
    link = tmp_path / "link"
    link.symlink_to("one")
    file = OutputFile("a", (str(link),))
    first = take_fingerprint([file])

    link.unlink()
    link.symlink_to("two")

    assert take_fingerprint([file]).text != first.text


@pytest.mark.parametrize("kind", ["missing", "empty", "small", "directory", "pipe"])
def test_what_is_no_file_with_content_gives_no_fingerprint(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "empty":
        path.touch()
    elif kind == "small":
        path.write_text("ab")
    elif kind == "directory":
        (path / "b").mkdir(parents=True)
    elif kind == "pipe":
        os.mkfifo(path)

    fingerprint = take_fingerprint([OutputFile("a", (str(path),), min_bytes=3)])

    assert fingerprint.text == ""
    assert fingerprint.fault.startswith(str(path))


def test_the_first_place_with_enough_content_counts(tmp_path: Path) -> None:
    small, large = made(tmp_path / "a"), made(tmp_path / "b", "much more")
    both = OutputFile("a", (*small.paths, *large.paths), min_bytes=3)

    assert take_fingerprint([both]).text == take_fingerprint([large]).text


def test_a_fresh_file_is_looked_at_again_after_a_tick(tmp_path: Path) -> None:
    file = made(tmp_path / "a")
    slept: list[float] = []
    now = OLD_NS + 1

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += TICK_NS
        made(tmp_path / "a", "written within the tick")

    fingerprint = take_settled_fingerprint([file], lambda: now, sleep)

    assert slept == [TICK_NS / 1e9]
    assert fingerprint.text == take_fingerprint([file]).text


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
def test_a_fingerprint_is_relied_on_when_every_later_write_would_change_it(
    tmp_path: Path, at_ns: int, age_ns: int, is_reliable: bool
) -> None:
    file = made(tmp_path / "a", at_ns=at_ns)

    fingerprint = take_settled_fingerprint([file], lambda: at_ns + age_ns, lambda _: None)

    assert bool(fingerprint.text) is is_reliable


def test_no_inputs_at_all_are_reliable() -> None:
    assert take_settled_fingerprint([]).text


def seen(inputs: tuple[OutputFile, ...], outputs: tuple[OutputFile, ...]) -> CheckResult:
    (found,) = check_files(
        [CheckRequest("job", 0, 1, WorkFingerprint("k", "c", "e", "f"), inputs, outputs)]
    )
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

    monkeypatch.setattr("cuelet.runner.freshness.take_fingerprint", broken)

    assert seen((), ()).fault == "its files could not be looked at"

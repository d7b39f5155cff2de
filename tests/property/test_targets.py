"""What the words of a command name, on every mix of jobs, layers, frames and ids: one way, and never a guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.client import lookup
from cuelet.client.errors import AmbiguousNameError, JobNotFoundError, PartNotFoundError
from cuelet.client.naming.spelling import FrameName, frame_name, frame_number, is_range
from cuelet.client.naming.targets import find_target, find_targets
from cuelet.core.values.names import is_glob


class FakeLayer:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name

    def id(self) -> str:
        return f"id-of-{self._name}"


class FakeJob:
    """As much of a job as naming asks for: every layer has the frames -5 to 5."""

    def __init__(self, name: str, number: int, layers: tuple[str, ...]) -> None:
        self._name, self._id, self.layers = name, f"{number:08x}-0000-4000-8000-{0:012x}", layers

    def name(self) -> str:
        return self._name

    def id(self) -> str:
        return self._id

    def getLayers(self) -> list[FakeLayer]:
        return list(map(FakeLayer, self.layers))

    def getFrames(self, *, range: str) -> list[Any]:
        if not -5 <= int(range) <= 5:
            return []
        return [
            type("F", (), {"data": type("D", (), {"layer_name": each})}) for each in self.layers
        ]


JOBS = [
    FakeJob("bake", 0xAAAA0001, ("render", "comp")),
    FakeJob("shot_a", 0xBBBB0002, ("render",)),
    FakeJob("shot_b", 0xBBBB0003, ("render", "12_render")),
    FakeJob("comp", 0xCCCC0004, ("main", "bake")),
]
BY_NAME = {job.name(): job for job in JOBS}


def find(word: str) -> lookup.Found:
    jobs: list[Any] = [job for job in JOBS if job.name() == word or job.id().startswith(word)]
    if is_glob(word):
        jobs = [job for job in JOBS if job.name().startswith(word.rstrip("*"))]
    return lookup.Found(word, tuple(jobs))


@pytest.fixture(autouse=True)
def no_farm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "find", find)
    monkeypatch.setattr(lookup, "job_words", lambda: list(BY_NAME))
    monkeypatch.setattr(lookup, "set_aside", list)


Named = tuple[str, str, str]


def named(*words: str) -> list[Named]:
    return [(each.job.name(), each.layer, each.frames) for each in find_targets(words)]


WORDS = st.one_of(
    st.sampled_from(
        ["bake", "shot_a", "comp", "render", "main", "shot*", "12-render", "-003-render", "-5-main"]
    ),
    st.sampled_from(["12", "-3", "0004", "1-5", "aaaa", "bbbb0002", "nope", "9-nope", "", "-"]),
)


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_any_words_are_understood_or_refused_in_words(words: list[str]) -> None:
    try:
        found = find_targets(words)
    except (AmbiguousNameError, JobNotFoundError, PartNotFoundError):
        return
    assert found
    for target in found:
        layers = BY_NAME[target.job.name()].layers
        assert target.layer in ("", *layers)
        assert not target.frames or is_range(target.frames)


@given(st.sampled_from(JOBS), st.data(), st.integers(-5, 5))
def test_every_way_to_name_a_frame_is_the_same(job: FakeJob, data: Any, number: int) -> None:
    layer = data.draw(st.sampled_from(job.layers))
    wanted = (job.name(), layer, number)
    dashes = layer if layer[0].isdecimal() else layer.replace("_", "-")

    for words in (
        (job.name(), layer, str(number)),
        (job.name(), dashes.upper(), f"{number:04d}"),
        (job.name(), f"{number}-{layer}"),
        (job.name(), str(FrameName(number, layer))),
        (job.id(), f"{number:03d}-{dashes}"),
        (job.id()[:8], layer, str(number)),
    ):
        target = find_target(words)
        assert (target.job.name(), target.layer, target.number) == wanted, words


@given(st.integers(-(10**6), 10**6), st.from_regex(r"[a-z_][a-z0-9_.-]{2,9}", fullmatch=True))
def test_a_frame_as_we_print_it_is_read_back(number: int, layer: str) -> None:
    name = FrameName(number, layer)

    assert frame_name(str(name)) == name
    assert frame_number(f"{number:04d}") == number
    assert frame_number(str(name)) is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["bake"], [("bake", "", "")]),
        (["bake", "render"], [("bake", "render", "")]),
        (["bake", "render", "12"], [("bake", "render", "12")]),
        (
            ["bake", "render", "1-10", "12-comp"],
            [("bake", "render", "1-10"), ("bake", "comp", "12")],
        ),
        (["bake", "shot_a"], [("bake", "", ""), ("shot_a", "", "")]),
        (["bake", "render", "shot_a", "3"], [("bake", "render", ""), ("shot_a", "render", "3")]),
        (["shot*", "render"], [("shot_a", "render", ""), ("shot_b", "render", "")]),
        (["shot*", "12_render"], [("shot_b", "12_render", "")]),
        (["shot*", "bake"], [("shot_a", "", ""), ("shot_b", "", ""), ("bake", "", "")]),
    ],
)
def test_words_read_one_after_the_other(words: list[str], found: list[Named]) -> None:
    assert named(*words) == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["comp", "bake"], "id-of-bake  bake of comp\n  aaaa0001  bake"),
        (["bbbb"], "bbbb0002  shot_a\n  bbbb0003  shot_b"),
        (["shot_b", "12-render"], "0012-render"),
        (["bake", "3"], "0003-render  render 3 of bake\n  0003-comp  comp 3 of bake"),
    ],
)
def test_what_may_mean_two_things_is_listed_and_refused(words: list[str], says: str) -> None:
    with pytest.raises(AmbiguousNameError) as refused:
        find_targets(words)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["bkae"], "no job 'bkae'; did you mean bake?"),
        (["bake", "rendr"], "did you mean render?"),
        (["bake", "12-rendr"], "did you mean 0012-render?"),
        (["bake", "xyzzy"], "no layer 'xyzzy' in bake; it has render, comp"),
    ],
)
def test_what_is_not_there_is_said_with_what_was_meant(words: list[str], says: str) -> None:
    with pytest.raises((JobNotFoundError, PartNotFoundError)) as refused:
        find_targets(words)

    assert says in str(refused.value)


def test_a_command_that_takes_one_thing_refuses_a_glob_for_several() -> None:
    with pytest.raises(AmbiguousNameError, match="bbbb0002  shot_a"):
        find_target(["shot*"])
    assert find_target(["bak*", "comp"]).layer == "comp"

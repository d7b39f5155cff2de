"""What the machine offers: tags, services, GPUs, and its lock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.operations import machine
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import Host
from cuelet.core.values.errors import InvalidRequestError, NotFoundError


@pytest.fixture
def farm() -> Farm:
    made = Farm(cores=2, memory_mb=100)
    made.host = Host(name="box")
    return made


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        ((), True),
        (("general",), True),
        (("GENERAL",), True),
        (("util", "cloud"), True),
        (("cloud", "Box"), True),
        (("",), True),
        (("cloud",), False),
        (("general2",), False),
        (("enera",), False),
        (("mygeneral",), False),
        (("gener.l",), False),
        (("general|cloud",), False),
    ],
)
def test_one_whole_tag_in_any_case_is_enough(farm: Farm, tags: tuple[str, ...], fits: bool) -> None:
    assert farm.host.has_one_of(tags) is fits


WORDS = st.sampled_from(["general", "General", "util", "box", "gpu", "GPU", "fast", "a.b"])


@given(st.lists(st.tuples(st.booleans(), st.lists(WORDS, max_size=3)), max_size=12))
def test_tags_are_a_set_of_words_whatever_their_case(ops: list[tuple[bool, list[str]]]) -> None:
    farm = Farm(cores=1, memory_mb=1)
    farm.host = Host(name="box")
    model = {tag.casefold() for tag in farm.host.tags}

    for adds, words in ops:
        (machine.add_tags if adds else machine.remove_tags)(farm, words, Decision())
        keys = {word.casefold() for word in words}
        model = model | keys if adds else model - keys

        assert sorted(tag.casefold() for tag in farm.host.tags) == sorted(model)
        assert all(farm.host.has_one_of((word,)) is (word in model) for word in ("gpu", "box"))


def test_a_tag_that_goes_and_comes_back_is_as_before(farm: Farm) -> None:
    before = farm.host.tags

    machine.remove_tags(farm, ["util", "box"], Decision())
    assert farm.host.tags == ("general", "local", "desktop")
    machine.add_tags(farm, ["Box", "util"], Decision())

    assert farm.host.tags == before


def test_a_tag_gets_another_name(farm: Farm) -> None:
    machine.add_tags(farm, ["slow"], Decision())

    machine.rename_tag(farm, "SLOW", "fast", Decision())

    assert farm.host.tags[-1] == "fast"
    assert not farm.host.has_one_of(("slow",))
    with pytest.raises(NotFoundError, match="there are general"):
        machine.rename_tag(farm, "slow", "fast", Decision())
    with pytest.raises(InvalidRequestError, match="letters"):
        machine.rename_tag(farm, "fast", "no word", Decision())
    assert farm.host.has_one_of(("fast",))


@pytest.mark.parametrize("tag", ["", "two words", "a|b", "a,b", "x" * 256])
def test_what_is_no_word_is_no_tag(farm: Farm, tag: str) -> None:
    before = farm.host
    with pytest.raises(InvalidRequestError):
        machine.add_tags(farm, ["fine", tag], Decision())
    with pytest.raises(InvalidRequestError):
        machine.offer(farm, Decision(), gpus=1, tags=["fine"], services=[tag])
    assert farm.host is before


def test_any_service_runs_until_the_machine_is_told_which(farm: Farm) -> None:
    assert farm.host.has_services(("maya", "own"))

    machine.offer(farm, Decision(), services=["Nuke"])
    assert farm.host.has_services(("nuke", "shell", "default", "preprocess"))
    assert farm.host.missing(("nuke", "maya")) == ["maya"]
    assert not farm.host.has_services(("nuke", "maya"))

    machine.offer(farm, Decision(), gpus=2)
    assert farm.host.services == ("Nuke",), "what is not given stays"
    machine.offer(farm, Decision(), services=[machine.ANY])
    assert farm.host.has_services(("maya",))


@pytest.mark.parametrize("gpus", [-1, 1025])
def test_gpus_that_cannot_be_are_refused_before_anything_changes(farm: Farm, gpus: int) -> None:
    decision = Decision()
    with pytest.raises(InvalidRequestError, match="0 to 1024"):
        machine.offer(farm, decision, tags=["fast"], gpus=gpus)
    assert farm.host == Host(name="box")
    assert not decision


def test_every_change_is_noted_to_be_kept(farm: Farm) -> None:
    decision = Decision()
    machine.set_locked(farm, decision, locked=True)

    assert decision.host == Host(name="box", locked=True)
    assert decision

"""What is said to be in a job's way: whatever the farm, a host with everything takes all of it away."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outline._targets.obstacles import REFUSED, obstacles
from outline.jobspec.model import JobSpec, LayerSpec
from outline.jobspec.renderfarm import FarmService, FarmShow, RenderFarm, RenderHost, Share

WORDS = st.sampled_from(["general", "util", "desktop", "gpu", "nuke"])
ALLOCATIONS = st.sampled_from(["local.general", "local.desktop", "cloud.general", ""])
CORES = st.floats(0, 64)
HOSTS = st.builds(
    RenderHost,
    name=st.sampled_from(["blade1", "blade2", "desk 1"]),
    cores=CORES,
    memory_mb=st.integers(0, 64_000),
    gpus=st.integers(0, 2),
    tags=st.one_of(st.none(), st.lists(WORDS, max_size=3).map(tuple)),
    allocation=ALLOCATIONS,
    is_up=st.booleans(),
    is_open=st.booleans(),
)
SHOWS = st.builds(
    FarmShow,
    name=st.sampled_from(["demo", "demo_a", "other"]),
    is_active=st.booleans(),
    is_dispatched=st.booleans(),
    is_booked=st.booleans(),
    has_own_scheduler=st.booleans(),
)
SHARES = st.builds(Share, allocation=ALLOCATIONS, size=CORES, burst=CORES)
SERVICES = st.builds(
    FarmService,
    tags=st.lists(WORDS, max_size=2).map(tuple),
    cores=CORES,
    memory_mb=st.integers(0, 64_000),
)


def several(of: Any) -> Any:
    return st.one_of(st.none(), st.lists(of, max_size=3).map(tuple))


FARMS = st.builds(
    RenderFarm,
    hosts=several(HOSTS),
    shows=several(SHOWS),
    shares=several(SHARES),
    services=st.one_of(st.none(), st.dictionaries(WORDS, SERVICES, max_size=3)),
    limits=st.one_of(st.none(), st.frozensets(WORDS)),
    is_pending=st.booleans(),
)
LAYERS = st.builds(
    LayerSpec,
    name=st.just("render"),
    title=st.just("render"),
    cores=CORES,
    memory_mb=st.integers(0, 64_000),
    gpus=st.integers(0, 2),
    tags=st.lists(WORDS, max_size=2).map(tuple),
    services=st.lists(WORDS, max_size=2).map(tuple),
    limits=st.lists(WORDS, max_size=2).map(tuple),
    unset=st.lists(st.sampled_from(["cores", "memory_mb", "gpus"]), unique=True).map(tuple),
)
JOBS = st.builds(
    JobSpec,
    name=st.just("demo-sh-ada_x"),
    title=st.just("x"),
    show=st.sampled_from(["demo", "Demo-A", "nosuch"]),
    shot=st.just("sh"),
    user=st.just("ada"),
    facility=st.sampled_from(["local", "cloud", ""]),
    layers=st.lists(LAYERS, min_size=1, max_size=3).map(tuple),
)


@given(JOBS, FARMS)
def test_every_obstacle_is_one_line_with_a_way_out(job: JobSpec, farm: RenderFarm) -> None:
    for found in obstacles(job, farm):
        for said in (found.text, found.remedy):
            assert said
            assert said.isprintable()


@given(JOBS, FARMS)
def test_a_farm_that_has_everything_is_in_nobodys_way(job: JobSpec, farm: RenderFarm) -> None:
    words = ("general", "util", "desktop", "gpu", "nuke")
    best = RenderHost(
        name="best",
        cores=64,
        memory_mb=64_000,
        gpus=2,
        tags=words,
        allocation=f"{job.facility or 'local'}.general",
    )
    given_all = farm.replace(
        hosts=(*(farm.hosts or ()), best),
        shares=(Share(allocation=best.allocation, size=64, burst=64),),
        shows=(FarmShow(name=job.show.lower().replace("-", "_")),),
        limits=frozenset(words),
        is_pending=False,
    )

    assert list(obstacles(job, given_all)) == []


@given(JOBS, FARMS)
def test_a_farm_that_nobody_was_asked_about_refuses_nothing(job: JobSpec, farm: RenderFarm) -> None:
    unasked = farm.replace(shows=None, limits=None, is_pending=False)

    assert all(found.weight != REFUSED for found in obstacles(job, unasked))

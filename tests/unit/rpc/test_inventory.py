"""What one machine has of services, allocations and subscriptions, and how the rest is refused."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import uuid
from collections.abc import Iterator
from typing import get_type_hints

import opencue_proto
import pytest
from opencue_proto import subscription_pb2

from cuelet.core.operations.setup.allocations import subscriptions_of
from cuelet.core.operations.setup.shows import find_show
from cuelet.rpc import serve
from cuelet.rpc.guard import refusal_of
from cuelet.rpc.opencue import allocations, services, subscriptions
from cuelet.rpc.opencue.elsewhere import SENTENCES
from outline.jobspec.model import LayerSpec
from outline.jobspec.reservation import DEFAULT_MEMORY_MB
from tests.unit.core.bench import Bench, spec_of


@pytest.fixture
def bench() -> Bench:
    """Return a machine of four cores on which one frame of one and a half cores runs."""
    b = Bench(
        spec_of(
            LayerSpec(name="main", command="x", cores=1.5, services=("maya", "shell")),
            LayerSpec(name="rest", command="x", services=("arnold",)),
        )
    )
    b.start(0)
    return b


def test_services_are_those_that_jobs_name_and_two_more(bench: Bench) -> None:
    assert services.service_names(bench.farm) == ["arnold", "default", "maya", "shell"]


def test_a_service_says_what_a_layer_gets_that_asks_for_nothing() -> None:
    service = services.usual_service("maya")

    assert (service.name, service.min_cores, service.max_cores) == ("maya", 100, 0)
    assert service.min_memory == DEFAULT_MEMORY_MB * 1024
    assert list(service.tags) == ["general"]


def test_the_allocation_is_the_machine_with_what_it_holds(bench: Bench) -> None:
    (allocation,) = allocations.allocation_seq(bench.farm).allocations

    assert (allocation.name, allocation.facility, allocation.tag) == (
        "local.general",
        "local",
        "general",
    )
    stats = allocation.stats
    assert (stats.cores, stats.running_cores, stats.idle_cores) == (4.0, 1.5, 2.5)
    assert (stats.available_cores, stats.hosts, stats.locked_hosts) == (2.5, 1, 0)


def _subscriptions(bench: Bench) -> list[subscription_pb2.Subscription]:
    found = subscriptions_of(bench.farm, find_show(bench.farm, "show"))
    return list(subscriptions.subscription_seq(bench.farm, found).subscriptions)


def test_every_show_may_use_the_whole_machine(bench: Bench) -> None:
    (found,) = _subscriptions(bench)

    assert (found.name, found.show_name) == ("local.general.show", "show")
    assert (found.allocation_name, found.facility) == ("local.general", "local")
    assert (found.size, found.burst, found.reserved_cores) == (400, 400, 150)


def test_ids_are_uuids_that_stay_and_differ(bench: Bench) -> None:
    ids = [
        services.usual_service("maya").id,
        services.usual_service("shell").id,
        allocations.allocation_seq(bench.farm).allocations[0].id,
        _subscriptions(bench)[0].id,
    ]

    assert [str(uuid.UUID(each)) for each in ids] == ids
    assert len(set(ids)) == 4
    assert services.usual_service("maya").id == ids[0]


def _every() -> Iterator[tuple[str, str]]:
    """Yield interface and method of every call that OpenCue's messages know."""
    for module in pkgutil.iter_modules(opencue_proto.__path__):
        if module.name.endswith("_pb2"):
            found = importlib.import_module(f"opencue_proto.{module.name}")
            for service in found.DESCRIPTOR.services_by_name.values():
                yield from ((service.name, method.name) for method in service.methods)


def _served() -> set[tuple[str, str]]:
    """Return the calls that a servicer of the farm answers."""
    return {
        (base.__name__.removesuffix("Servicer"), name)
        for servicer in get_type_hints(serve.Services).values()
        for base in servicer.__mro__
        if base.__name__.endswith("Servicer")
        for name in vars(base)
        if asyncio.iscoroutinefunction(getattr(servicer, name, None))
    }


def test_every_call_is_answered_or_refused_with_what_to_use_instead() -> None:
    every, served = set(_every()), _served()
    refused = {tuple(each.split("/")) for each in SENTENCES}

    assert len(every) == 315
    assert served & refused == set()
    assert (served | refused) - every == set()
    assert every - served - refused == set()


@pytest.mark.parametrize("called", sorted(SENTENCES))
def test_a_refusal_is_a_sentence_that_names_a_way(called: str) -> None:
    refused = refusal_of(f"/some.{called}")

    assert refused.startswith(f"the embedded farm does not have {called.replace('/', '.')}: ")
    assert 40 < len(refused) < 400


def test_a_render_host_is_turned_away_with_what_to_do() -> None:
    refused = refusal_of("/report.RqdReportInterface/ReportRqdStartup")

    assert "runs frames on this machine itself" in refused
    assert "CUEBOT_HOSTNAME" in refused

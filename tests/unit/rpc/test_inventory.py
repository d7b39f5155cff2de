"""What one machine has of services, allocations and subscriptions, and how the rest is refused."""

from __future__ import annotations

import uuid

import pytest

from cuelet.rpc.guard import refusal_of
from cuelet.rpc.opencue import allocations, services, subscriptions
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
    service = services.service_message("maya")

    assert (service.name, service.min_cores, service.max_cores) == ("maya", 100, 0)
    assert service.min_memory == DEFAULT_MEMORY_MB * 1024
    assert list(service.tags) == ["general"]


def test_the_allocation_is_the_machine_with_what_it_holds(bench: Bench) -> None:
    allocation = allocations.allocation_message(bench.farm)

    assert (allocation.name, allocation.facility, allocation.tag) == (
        "local.general",
        "local",
        "general",
    )
    stats = allocation.stats
    assert (stats.cores, stats.running_cores, stats.idle_cores) == (4.0, 1.5, 2.5)
    assert (stats.available_cores, stats.hosts, stats.locked_hosts) == (2.5, 1, 0)


def test_every_show_may_use_the_whole_machine(bench: Bench) -> None:
    (found,) = subscriptions.subscription_seq(
        bench.farm, subscriptions.show_names(bench.farm)
    ).subscriptions

    assert (found.name, found.show_name) == ("local.general.show", "show")
    assert (found.allocation_name, found.facility) == ("local.general", "local")
    assert (found.size, found.burst, found.reserved_cores) == (400, 400, 150)


def test_ids_are_uuids_that_stay_and_differ(bench: Bench) -> None:
    ids = [
        services.service_message("maya").id,
        services.service_message("shell").id,
        allocations.allocation_message(bench.farm).id,
        subscriptions.subscription_message(bench.farm, "show").id,
    ]

    assert [str(uuid.UUID(each)) for each in ids] == ids
    assert len(set(ids)) == 4
    assert services.service_message("maya").id == ids[0]


@pytest.mark.parametrize(
    ("method", "called"),
    [
        ("/show.ShowInterface/CreateShow", "ShowInterface.CreateShow"),
        ("/facility.AllocationInterface/SetTag", "AllocationInterface.SetTag"),
        ("/host.HostInterface/Reboot", "HostInterface.Reboot"),
        ("/subscription.SubscriptionInterface/SetSize", "SubscriptionInterface.SetSize"),
    ],
)
def test_what_cannot_be_set_up_is_refused_with_the_reason(method: str, called: str) -> None:
    assert refusal_of(method).startswith(
        f"the embedded farm does not have {called}: on one machine"
    )


def test_what_is_only_not_served_is_refused_without_one() -> None:
    refused = refusal_of("/job.JobInterface/RunFilters")

    assert refused == "the embedded farm does not have JobInterface.RunFilters"


def test_a_render_host_is_turned_away_with_what_to_do() -> None:
    refused = refusal_of("/report.RqdReportInterface/ReportRqdStartup")

    assert "runs frames on this machine itself" in refused
    assert "CUEBOT_HOSTNAME" in refused

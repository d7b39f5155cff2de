"""Services act at the launch for what a script leaves open; a show may have them otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from opencue_proto import department_pb2, facility_pb2, job_pb2, service_pb2, show_pb2

from cuelet.core.state.setup.identity import show_id
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.rpc.opencue.facilities import FacilityService
from cuelet.rpc.opencue.jobs import JobService
from cuelet.rpc.opencue.services import OverrideService, ServiceService
from cuelet.rpc.opencue.shows import ShowService
from cuelet.rpc.opencue.site.departments import DepartmentService
from outline.jobspec.model import LayerSpec
from outline.jobspec.reservation import DEFAULT_MEMORY_MB
from tests.unit.rpc.desk import Desk, ask

SHOW = show_pb2.Show(id=show_id("show"), name="show")


@pytest.fixture
def desk() -> Desk:
    return Desk(LayerSpec(name="main", command="x", services=("maya",)))


@pytest.fixture
def services(desk: Desk) -> ServiceService:
    return ServiceService(desk.engine)


@pytest.fixture
def shows(desk: Desk) -> ShowService:
    return ShowService(desk.engine)


def service(name: str = "nuke", **values: Any) -> service_pb2.Service:
    usual = {
        "threadable": True,
        "min_cores": 200,
        "max_cores": 300,
        "min_memory": 1048576,
        "tags": ["general", "fast"],
        "timeout": 30,
        "timeout_llu": 5,
        "min_gpus": 1,
        "max_gpus": 2,
        "min_gpu_memory": 2048,
        "min_memory_increase": 2097152,
    }
    return service_pb2.Service(name=name, **{**usual, **values})


def create(services: ServiceService, made: service_pb2.Service) -> service_pb2.Service:
    request = service_pb2.ServiceCreateServiceRequest(data=made)
    return ask(services.CreateService, request).service


def launched(desk: Desk, inside: str, name: str = "fresh") -> Any:
    """Launch a job of one layer with elements in it; return the layer's message."""
    spec = (
        "<spec><facility>local</facility><show>show</show><shot>shot</shot><user>me</user>"
        f"<job name='{name}'><layers><layer name='main' type='Render'><cmd>x</cmd>"
        f"<range>1</range><chunk>1</chunk>{inside}</layer></layers></job></spec>"
    )
    jobs = JobService(desk.engine)
    request = job_pb2.JobLaunchSpecAndWaitRequest(spec=spec)
    (job,) = ask(jobs.LaunchSpecAndWait, request).jobs.jobs
    (layer,) = ask(jobs.GetLayers, job_pb2.JobGetLayersRequest(job=job)).layers.layers
    return layer


def of_service(name: str) -> str:
    return f"<services><service>{name}</service></services>"


def test_a_layer_gets_from_its_service_what_its_script_leaves_open(
    desk: Desk, services: ServiceService
) -> None:
    create(services, service())

    layer = launched(desk, of_service("nuke"))

    assert (layer.min_cores, layer.max_cores, layer.is_threadable) == (2, 3, True)
    assert (layer.min_memory, list(layer.tags)) == (1048576, ["general", "fast"])
    assert (layer.timeout, layer.timeout_llu) == (30, 5)
    assert (layer.min_gpus, layer.max_gpus, layer.min_gpu_memory) == (1, 2, 2048)


def test_what_a_script_says_counts_more(desk: Desk, services: ServiceService) -> None:
    create(services, service())
    said = (
        "<cores>1.5</cores><memory>100m</memory><threadable>True</threadable><tags>util</tags>"
        "<timeout>1</timeout><timeout_llu>2</timeout_llu><gpus>0</gpus>"
    )

    layer = launched(desk, said + of_service("nuke"))

    assert (layer.min_cores, layer.min_memory, list(layer.tags)) == (1.5, 102400, ["util"])
    assert (layer.timeout, layer.timeout_llu, layer.min_gpus) == (1, 2, 0)


def test_layers_of_services_that_nobody_set_up_get_what_they_always_got(desk: Desk) -> None:
    layer = launched(desk, of_service("nosuch"))

    assert (layer.min_cores, layer.min_memory) == (1, DEFAULT_MEMORY_MB * 1024)
    assert desk.farm.get_job_by_name("fresh").layers[0].tags == ()


def test_the_default_service_is_for_layers_of_none_and_of_unknown_ones(
    desk: Desk, services: ServiceService
) -> None:
    create(services, service("default", min_cores=150))
    create(services, service("nuke"))

    assert launched(desk, "", "one").min_cores == 1.5
    assert launched(desk, of_service("nosuch"), "two").min_cores == 1.5
    assert launched(desk, of_service("nuke"), "three").min_cores == 2


def test_a_service_is_listed_updated_and_deleted(services: ServiceService) -> None:
    made = create(services, service())
    made.min_cores = 100
    ask(services.Update, service_pb2.ServiceUpdateRequest(service=made))

    get = service_pb2.ServiceGetServiceRequest(name="nuke")
    assert ask(services.GetService, get).service == made
    every = ask(services.GetDefaultServices, service_pb2.ServiceGetDefaultServicesRequest())
    assert [each.name for each in every.services.services] == ["default", "maya", "nuke", "shell"]

    ask(services.Delete, service_pb2.ServiceDeleteRequest(service=made))
    with pytest.raises(NotFoundError):
        ask(services.GetService, get)
    with pytest.raises(NotFoundError):
        ask(services.Delete, service_pb2.ServiceDeleteRequest(service=made))


def test_a_service_that_jobs_name_can_be_updated_without_being_created(
    desk: Desk, services: ServiceService
) -> None:
    get = service_pb2.ServiceGetServiceRequest(name="maya")
    maya = ask(services.GetService, get).service
    maya.min_cores = 300

    ask(services.Update, service_pb2.ServiceUpdateRequest(service=maya))

    assert ask(services.GetService, get).service.min_cores == 300
    assert launched(desk, of_service("maya")).min_cores == 3


@pytest.mark.parametrize(
    "odd",
    [
        service(""),
        service("a b"),
        service("x" * 1_000_000),
        service(min_cores=2**31 - 1),
        service(min_cores=-1),
        service(min_memory=2**62),
        service(tags=["x"] * 1000),
        service(tags=["a b"]),
        service(timeout=-5),
        service(max_gpus=5000),
    ],
)
def test_nonsense_is_refused(
    desk: Desk, services: ServiceService, shows: ShowService, odd: service_pb2.Service
) -> None:
    before = dict(desk.decision.records)
    with pytest.raises(InvalidRequestError) as refused:
        create(services, odd)
    assert len(str(refused.value)) < 500
    override = show_pb2.ShowCreateServiceOverrideRequest(show=SHOW, service=odd)
    with pytest.raises(InvalidRequestError):
        ask(shows.CreateServiceOverride, override)
    assert desk.decision.records == before


def test_one_name_is_created_once(services: ServiceService) -> None:
    create(services, service())

    with pytest.raises(InvalidRequestError, match="update it instead"):
        create(services, service())


def test_a_show_may_have_a_service_otherwise(
    desk: Desk, services: ServiceService, shows: ShowService
) -> None:
    create(services, service())
    made = show_pb2.ShowCreateServiceOverrideRequest(show=SHOW, service=service(min_cores=400))
    override = ask(shows.CreateServiceOverride, made).service_override
    assert launched(desk, of_service("nuke"), "one").min_cores == 3  # as many as max_cores

    override.data.max_cores = 400
    ask(
        OverrideService(desk.engine).Update,
        service_pb2.ServiceOverrideUpdateRequest(service=override.data),
    )
    listed = ask(shows.GetServiceOverrides, show_pb2.ShowGetServiceOverridesRequest(show=SHOW))
    assert list(listed.service_overrides.service_overrides) == [override]
    get = show_pb2.ShowGetServiceOverrideRequest(show=SHOW, name="nuke")
    assert ask(shows.GetServiceOverride, get).service_override == override
    assert launched(desk, of_service("nuke"), "two").min_cores == 4

    ask(
        OverrideService(desk.engine).Delete,
        service_pb2.ServiceOverrideDeleteRequest(service=override.data),
    )
    with pytest.raises(NotFoundError):
        ask(shows.GetServiceOverride, get)
    assert launched(desk, of_service("nuke"), "three").min_cores == 2


def test_owners_are_made_by_their_show(desk: Desk, shows: ShowService) -> None:
    request = show_pb2.ShowCreateOwnerRequest(show=SHOW, name="ada")

    owner = ask(shows.CreateOwner, request).owner

    assert (owner.name, owner.show, owner.host_count) == ("ada", "show", 0)
    with pytest.raises(InvalidRequestError, match="one of that name"):
        ask(shows.CreateOwner, request)
    deeds = ask(shows.GetDeeds, show_pb2.ShowGetDeedsRequest(show=SHOW)).deeds
    assert list(deeds.deeds) == []


# -- departments and facilities ------------------------------------------------------------------


def test_departments_are_names_that_can_be_added_and_removed(
    desk: Desk, shows: ShowService
) -> None:
    departments = DepartmentService(desk.engine)
    listing = department_pb2.DeptGetDepartmentNamesRequest()
    at_first = list(ask(departments.GetDepartmentNames, listing).names)
    add = department_pb2.DeptAddDeptNameRequest(name="Comp")

    ask(departments.AddDepartmentName, add)
    with pytest.raises(InvalidRequestError, match="it is there"):
        ask(departments.AddDepartmentName, add)
    assert list(ask(departments.GetDepartmentNames, listing).names) == sorted([*at_first, "Comp"])
    get = show_pb2.ShowGetDepartmentRequest(show=SHOW, department="Comp")
    assert ask(shows.GetDepartment, get).department.name == "show.Comp"

    ask(
        departments.RemoveDepartmentName,
        department_pb2.DeptRemoveDepartmentNameRequest(name="Comp"),
    )
    assert list(ask(departments.GetDepartmentNames, listing).names) == at_first
    with pytest.raises(NotFoundError):
        ask(shows.GetDepartment, get)


def test_a_show_has_a_department_without_tasks(desk: Desk, shows: ShowService) -> None:
    request = show_pb2.ShowGetDepartmentsRequest(show=SHOW)
    (found,) = ask(shows.GetDepartments, request).departments.departments

    tasks = department_pb2.DeptGetTasksRequest(department=found)

    assert (found.name, found.dept) == ("show.Unknown", "Unknown")
    assert list(ask(DepartmentService(desk.engine).GetTasks, tasks).tasks.tasks) == []


def test_facilities_are_made_renamed_and_deleted(desk: Desk) -> None:
    facilities = FacilityService(desk.engine)
    made = ask(facilities.Create, facility_pb2.FacilityCreateRequest(name="annex")).facility
    ask(facilities.Rename, facility_pb2.FacilityRenameRequest(facility=made, new_name="annexb"))

    get = facility_pb2.FacilityGetRequest(name="annexb")
    assert ask(facilities.Get, get).facility.id == made.id
    listing = facility_pb2.FacilityGetAllocationsRequest(facility=made)
    assert list(ask(facilities.GetAllocations, listing).allocations.allocations) == []
    ask(facilities.Delete, facility_pb2.FacilityDeleteRequest(name="annexb"))
    with pytest.raises(NotFoundError, match="there are local"):
        ask(facilities.Get, get)
    here = ask(facilities.Create, facility_pb2.FacilityCreateRequest(name="local")).facility
    assert here.name == "local"
    for name in ("a b", "x" * 1_000_000):
        with pytest.raises(InvalidRequestError):
            ask(facilities.Create, facility_pb2.FacilityCreateRequest(name=name))
    with pytest.raises(InvalidRequestError, match="stands in it"):
        ask(facilities.Delete, facility_pb2.FacilityDeleteRequest(name="local"))

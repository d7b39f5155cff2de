"""This machine as a host: what people set of it acts, is kept and shown."""

from __future__ import annotations

from typing import Any

import pytest
from opencue_proto import comment_pb2, host_pb2, job_pb2

from cuelet.core.explain.holds import hold_reasons
from cuelet.core.operations import launching
from cuelet.core.operations.obstacles import Code, of_job
from cuelet.core.state.setup.identity import root_group_id, show_id
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.core.values.states import RUNNING, WAITING
from cuelet.rpc.opencue.comments import CommentService
from cuelet.rpc.opencue.hosts import HOST_ID, HostService, Machine
from cuelet.rpc.opencue.procs import ProcService
from cuelet.rpc.opencue.site.owners import DeedService, OwnerService
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import spec_of
from tests.unit.rpc.desk import Desk, ask

HOST = host_pb2.Host(id=HOST_ID)


@pytest.fixture
def desk() -> Desk:
    return Desk(LayerSpec(name="main", command="x", range="1-4", memory_mb=100))


@pytest.fixture
def hosts(desk: Desk) -> HostService:
    return HostService(
        desk.engine,
        lambda: Machine(
            name="localhost",
            cores=4,
            memory_mb=4096,
            free_memory_mb=1024,
            load_average=0.5,
            boot_time=9,
            now=desk.now,
            swap_kb=(20, 10),
            scratch_kb=(40, 30),
        ),
    )


def shown(hosts: HostService) -> Any:
    return ask(hosts.GetHost, host_pb2.HostGetHostRequest(id=HOST_ID)).host


def test_times_swap_and_room_are_filled(desk: Desk, hosts: HostService) -> None:
    host = shown(hosts)

    assert host.ping_time == int(desk.now)
    assert (host.total_swap, host.free_swap) == (20, 10)
    assert (host.total_mcp, host.free_mcp) == (40, 30)


@pytest.mark.parametrize("end", [host_pb2.UP, host_pb2.DOWN])  # CueGUI clears with the latter
def test_nothing_starts_under_repair_until_it_is_up_again(
    desk: Desk, hosts: HostService, end: int
) -> None:
    repair = host_pb2.HostSetHardwareStateRequest(host=HOST, state=host_pb2.REPAIR)
    ask(hosts.SetHardwareState, repair)
    desk.bench.book()

    assert desk.bench.job.count(RUNNING) == 0
    assert shown(hosts).state == host_pb2.REPAIR
    assert [each.code for each in of_job(desk.farm, desk.bench.job)] == [Code.HOST_STATE]
    (reason,) = hold_reasons(desk.farm, desk.bench.job, desk.bench.job.layers[0])
    assert "cueadmin -fixed -host localhost" in reason.remedy

    ask(hosts.SetHardwareState, host_pb2.HostSetHardwareStateRequest(host=HOST, state=end))
    desk.bench.book()
    assert shown(hosts).state == host_pb2.UP
    assert desk.bench.job.count(RUNNING) == 4


def test_a_restart_is_no_state_to_be_set_here(hosts: HostService) -> None:
    request = host_pb2.HostSetHardwareStateRequest(host=HOST, state=host_pb2.REBOOT_WHEN_IDLE)

    with pytest.raises(InvalidRequestError, match="restarts no machine"):
        ask(hosts.SetHardwareState, request)


@pytest.mark.parametrize(
    ("mode", "cores"), [(host_pb2.AUTO, 1), (host_pb2.VARIABLE, 2), (host_pb2.ALL, 4)]
)
def test_threadable_frames_get_what_the_thread_mode_says(
    desk: Desk, hosts: HostService, mode: int, cores: float
) -> None:
    ask(hosts.SetThreadMode, host_pb2.HostSetThreadModeRequest(host=HOST, mode=mode))

    desk.bench.book()

    assert desk.bench.job.reserved[0][0] == cores
    assert desk.bench.job.count(RUNNING) == 4 // cores
    assert shown(hosts).thread_mode == mode


def test_frames_that_are_not_threadable_and_caps_stay_as_they_are(
    desk: Desk, hosts: HostService
) -> None:
    ask(hosts.SetThreadMode, host_pb2.HostSetThreadModeRequest(host=HOST, mode=host_pb2.ALL))
    layer = desk.bench.job.layers[0]

    layer.threadable = False
    assert desk.farm.reservation(layer)[0] == 1
    layer.threadable, layer.max_cores = True, 3
    assert desk.farm.reservation(layer)[0] == 3


def test_the_system_is_called_as_somebody_says(hosts: HostService) -> None:
    ask(hosts.SetOs, host_pb2.HostSetOsRequest(host=HOST, os="rhel9"))

    assert shown(hosts).os == "rhel9"
    with pytest.raises(InvalidRequestError):
        ask(hosts.SetOs, host_pb2.HostSetOsRequest(host=HOST, os="x" * 1_000_000))


def test_remarks_on_the_machine_are_kept_changed_and_deleted(
    desk: Desk, hosts: HostService
) -> None:
    said = comment_pb2.Comment(user="ada", subject="disk", message="full")
    ask(hosts.AddComment, host_pb2.HostAddCommentRequest(host=HOST, new_comment=said))
    service, listing = CommentService(desk.engine), host_pb2.HostGetCommentsRequest(host=HOST)

    (kept,) = ask(hosts.GetComments, listing).comments.comments
    assert (kept.user, kept.subject, kept.timestamp) == ("ada", "disk", int(desk.now))
    assert shown(hosts).has_comment

    kept.message = "half full"
    ask(service.Save, comment_pb2.CommentSaveRequest(comment=kept))
    assert ask(hosts.GetComments, listing).comments.comments[0].message == "half full"

    ask(service.Delete, comment_pb2.CommentDeleteRequest(comment=kept))
    assert not shown(hosts).has_comment


def found(hosts: HostService, **criteria: Any) -> int:
    request = host_pb2.HostGetHostsRequest(r=host_pb2.HostSearchCriteria(**criteria))
    return len(ask(hosts.GetHosts, request).hosts.hosts)


def test_a_search_heeds_every_criterion(hosts: HostService) -> None:
    repair = host_pb2.HardwareStateSeq(state=[host_pb2.REPAIR])
    locked = host_pb2.LockStateSeq(state=[host_pb2.LOCKED])

    assert found(hosts) == found(hosts, regex=["^local"]) == found(hosts, ids=[HOST_ID]) == 1
    assert found(hosts, regex=["^x"]) == found(hosts, allocs=["cloud.x"]) == 0
    assert found(hosts, states=repair) == found(hosts, lock_states=locked) == 0


def test_the_whiteboard_has_what_runs(desk: Desk, hosts: HostService) -> None:
    desk.bench.book()

    answer = ask(hosts.GetHostWhiteboard, host_pb2.HostGetHostWhiteboardRequest())

    (nested,) = answer.nested_hosts.nested_hosts
    assert (nested.name, len(nested.procs.nested_procs)) == ("localhost", 4)
    assert list(nested.tags) == list(desk.farm.host.tags)


# -- owners --------------------------------------------------------------------------------------


@pytest.fixture
def owners(desk: Desk, hosts: HostService) -> OwnerService:
    from cuelet.core.operations.site.ownership import create_owner

    create_owner(desk.farm, "owner-1", "bea", "demo", desk.decision)
    return OwnerService(desk.engine, host=hosts.message)


def test_the_machine_belongs_to_one_owner(
    desk: Desk, hosts: HostService, owners: OwnerService
) -> None:
    bea = ask(owners.GetOwner, host_pb2.OwnerGetOwnerRequest(name="bea")).owner
    assert (bea.show, bea.host_count) == ("demo", 0)
    with pytest.raises(NotFoundError, match="nobody owns localhost"):
        ask(hosts.GetDeed, host_pb2.HostGetDeedRequest(host=HOST))

    take = host_pb2.OwnerTakeOwnershipRequest(owner=bea, host="localhost")
    ask(owners.TakeOwnership, take)
    ask(owners.TakeOwnership, take)

    (deed,) = ask(owners.GetDeeds, host_pb2.OwnerGetDeedsRequest(owner=bea)).deeds.deeds
    assert (deed.host, deed.owner, deed.show) == ("localhost", "bea", "demo")
    assert ask(hosts.GetDeed, host_pb2.HostGetDeedRequest(host=HOST)).deed == deed
    assert ask(hosts.GetOwner, host_pb2.HostGetOwnerRequest(host=HOST)).owner.host_count == 1
    deeds = DeedService(desk.engine, host=hosts.message)
    assert ask(deeds.GetOwner, host_pb2.DeedGetOwnerRequest(deed=deed)).owner.name == "bea"
    assert ask(deeds.GetHost, host_pb2.DeedGetHostRequest(deed=deed)).host.id == HOST_ID

    ask(deeds.Delete, host_pb2.DeedDeleteRequest(deed=deed))
    answer = ask(owners.GetHosts, host_pb2.OwnerGetHostsRequest(owner=bea))
    assert list(answer.hosts.hosts) == []


def test_an_owner_who_goes_leaves_the_machine_to_nobody(
    hosts: HostService, owners: OwnerService
) -> None:
    bea = ask(owners.GetOwner, host_pb2.OwnerGetOwnerRequest(name="bea")).owner
    ask(owners.TakeOwnership, host_pb2.OwnerTakeOwnershipRequest(owner=bea, host="localhost"))
    ask(owners.SetShow, host_pb2.OwnerSetShowRequest(owner=bea, show="show"))
    assert ask(hosts.GetOwner, host_pb2.HostGetOwnerRequest(host=HOST)).owner.show == "show"

    ask(owners.Delete, host_pb2.OwnerDeleteRequest(owner=bea))

    with pytest.raises(NotFoundError):
        ask(hosts.GetOwner, host_pb2.HostGetOwnerRequest(host=HOST))
    with pytest.raises(NotFoundError):
        ask(owners.GetOwner, host_pb2.OwnerGetOwnerRequest(name="bea"))


# -- redirects -----------------------------------------------------------------------------------


def second_job(desk: Desk) -> Any:
    spec = spec_of(
        LayerSpec(name="main", command="x", range="1-9"), name="show-shot-me_goal", priority=0
    )
    (job,) = launching.launch(desk.farm, [spec], [ids.job_id(2)], desk.decision, now=desk.now)
    return job


def test_what_a_frame_holds_goes_to_the_job_it_is_redirected_to(
    desk: Desk, hosts: HostService
) -> None:
    procs = ProcService(desk.engine, host=hosts.message, now=lambda: desk.now)
    goal, first = second_job(desk), desk.bench.job
    desk.bench.book()
    running = ask(procs.GetProcs, host_pb2.ProcGetProcsRequest()).procs.procs

    request = host_pb2.ProcRedirectToJobRequest(proc=running[0], job_id=goal.id, kill=True)
    assert ask(procs.RedirectToJob, request).value is True
    desk.bench.end(0, 1)
    desk.bench.book()

    assert (first.state_of[0], goal.count(RUNNING)) == (WAITING, 1)
    assert goal.priority == first.priority + 1


def test_a_host_redirects_the_procs_that_are_named(desk: Desk, hosts: HostService) -> None:
    goal = second_job(desk)
    desk.bench.book()
    name = "box/1.00/0"
    request = host_pb2.HostRedirectToJobRequest(host=HOST, proc_names=[name], job_id=goal.id)

    assert ask(hosts.RedirectToJob, request).value is True

    request.proc_names[:] = ["box/7.00/0"]
    assert ask(hosts.RedirectToJob, request).value is False


def test_unbooked_frames_are_killed_only_if_somebody_says_so(
    desk: Desk, hosts: HostService
) -> None:
    procs = ProcService(desk.engine, host=hosts.message, now=lambda: desk.now)
    desk.bench.book()
    criteria = host_pb2.ProcSearchCriteria(jobs=[desk.bench.job.name], max_results=[3])

    stays = ask(procs.UnbookProcs, host_pb2.ProcUnbookProcsRequest(r=criteria))
    assert (stays.num_procs, desk.decision.kills) == (3, [])
    killed = ask(procs.UnbookProcs, host_pb2.ProcUnbookProcsRequest(r=criteria, kill=True))
    assert (killed.num_procs, len(desk.decision.kills)) == (3, 3)


def test_a_redirect_of_a_search_says_how_many(desk: Desk, hosts: HostService) -> None:
    procs = ProcService(desk.engine, host=hosts.message, now=lambda: desk.now)
    goal = second_job(desk)
    desk.bench.book()
    jobs = job_pb2.JobSeq(jobs=[job_pb2.Job(id=goal.id)])

    with pytest.raises(InvalidRequestError, match="max_results"):
        ask(procs.UnbookToJob, host_pb2.ProcUnbookToJobRequest(jobs=jobs))
    criteria = host_pb2.ProcSearchCriteria(max_results=[2])
    done = ask(procs.UnbookToJob, host_pb2.ProcUnbookToJobRequest(r=criteria, jobs=jobs))
    assert done.num_procs == 2


def test_a_redirect_to_a_group_goes_to_its_job_that_is_next(desk: Desk, hosts: HostService) -> None:
    procs = ProcService(desk.engine, host=hosts.message, now=lambda: desk.now)
    group = root_group_id(show_id("show"))
    desk.bench.book()
    (proc, *_) = ask(procs.GetProcs, host_pb2.ProcGetProcsRequest()).procs.procs
    request = host_pb2.ProcRedirectToGroupRequest(proc=proc, group_id=group)
    with pytest.raises(InvalidRequestError, match="could start"):
        ask(procs.RedirectToGroup, request)

    goal = second_job(desk)

    assert ask(procs.RedirectToGroup, request).value is True
    assert goal.priority == desk.bench.job.priority + 1
    criteria = host_pb2.ProcSearchCriteria(max_results=[2])
    to_group = host_pb2.ProcUnbookToGroupRequest(r=criteria, group=job_pb2.Group(id=group))
    assert ask(procs.UnbookToGroup, to_group).num_procs == 2

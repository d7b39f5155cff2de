"""What people ask of groups: make, change, move and delete them, and put jobs into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from cuelet.core.operations.requests import set_priority
from cuelet.core.operations.reservations import change_job
from cuelet.core.operations.site.departments import department_names
from cuelet.core.operations.site.settings import set_of_job
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.filter import Action, ActionType
from cuelet.core.state.setup.group import UNSET, Group, Membership
from cuelet.core.state.setup.identity import root_group_id
from cuelet.core.state.setup.show import Show
from cuelet.core.values.errors import AlreadyThereError, InvalidRequestError, NotFoundError
from cuelet.core.values.states import JobState

MAX_NAME, MAX_DEPTH = 255, 10
"""Characters of a name; groups between a root and its furthest leaf."""
_MOST = 1e6
_LIMITS = frozenset({"max_cores", "max_gpus"})
_DEFAULTS = frozenset(
    {"job_priority", "job_min_cores", "job_max_cores", "job_min_gpus", "job_max_gpus"}
)
_SHOWN = 60


# -- finding -------------------------------------------------------------------------------------


def root_of(farm: Farm, show: Show) -> Group:
    """Return the group at the root of a show; it has the show's name until somebody gives it another."""
    root_id = root_group_id(show.id)
    return farm.records.find(Group, root_id) or Group(id=root_id, show=show.id, name=show.name)


def get_group(farm: Farm, group_id: str) -> Group:
    """Return a group by id; raises NotFoundError."""
    found = farm.records.find(Group, group_id)
    if found is not None:
        return found
    for show in farm.records.all(Show):
        if root_group_id(show.id) == group_id:
            return root_of(farm, show)
    remedy = "look groups up by name, with FindGroup"
    raise NotFoundError(kind="group", name=group_id[:_SHOWN], remedy=remedy)


def groups_of(farm: Farm, show: Show) -> list[Group]:
    """Return every group of a show, each before those in it, those of one group by name."""
    return list(_below(farm, root_of(farm, show)))


def _below(farm: Farm, group: Group) -> Iterator[Group]:
    yield group
    for child in children(farm, group):
        yield from _below(farm, child)


def children(farm: Farm, group: Group) -> list[Group]:
    """Return the groups that are directly in a group, by name."""
    found = [each for each in farm.records.all(Group) if each.parent == group.id]
    return sorted(found, key=lambda each: each.name)


def find_group(farm: Farm, show: Show, name: str) -> Group:
    """Return a group of a show by name; raises NotFoundError."""
    every = groups_of(farm, show)
    for group in every:
        if group.name == name:
            return group
    known = ", ".join(group.name for group in every[:10])
    remedy = f"show {show.name} has {known}"
    raise NotFoundError(kind="group", name=name[:_SHOWN], remedy=remedy)


def group_of(farm: Farm, job: Job) -> Group:
    """Return the group that a job is in."""
    found = job.group_id and farm.records.find(Group, job.group_id)
    return found or root_of(farm, farm.records.get(Show, job.show_id))


def group_id_of(job: Job) -> str:
    """Return the id of the group that a job is in."""
    return job.group_id or root_group_id(job.show_id)


def jobs_in(farm: Farm, group: Group) -> list[Job]:
    """Return the jobs that are directly in a group, ended ones too."""
    own = "" if group.id == root_group_id(group.show) else group.id
    of_show = (job for job in farm.jobs.values() if job.show_id == group.show)
    return [job for job in of_show if job.group_id == own]


def level_of(farm: Farm, group: Group) -> int:
    """Return how many groups a group lies in."""
    return len(list(_above(farm, group)))


def _above(farm: Farm, group: Group) -> Iterator[Group]:
    while group.parent:
        group = get_group(farm, group.parent)
        yield group


# -- the groups themselves -----------------------------------------------------------------------


def create(farm: Farm, group_id: str, parent: Group, name: str, decision: Decision) -> Group:
    """Make a group in another one.

    Raises:
        InvalidRequestError: The name is none, or it would lie too deep.
        AlreadyThereError: The show has one of that name.
    """
    _refuse_name(farm, parent.show, name)
    if level_of(farm, parent) + 1 > MAX_DEPTH:
        request = f"make group {name!r} in {parent.name}"
        raise InvalidRequestError(request=request, reason=f"use at most {MAX_DEPTH} levels")
    made = Group(id=group_id, show=parent.show, parent=parent.id, name=name)
    farm.records.put(made, decision)
    return made


def _refuse_name(farm: Farm, show_id: str, name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        reason = f"a name has 1 to {MAX_NAME} printable characters"
        raise InvalidRequestError(request=f"group {name[:_SHOWN]!r}", reason=reason)
    show = farm.records.get(Show, show_id)
    if any(group.name == name for group in groups_of(farm, show)):
        raise AlreadyThereError(kind=f"group of show {show.name}", name=name)


def rename(farm: Farm, group: Group, name: str, decision: Decision) -> None:
    """Give a group another name; raises as `create` does."""
    if name != group.name:
        _refuse_name(farm, group.show, name)
        farm.records.put(replace(group, name=name), decision)


def set_department(farm: Farm, group: Group, department: str, decision: Decision) -> None:
    """Say which department works with a group; raises NotFoundError for one that there is not."""
    known = department_names(farm)
    if department not in known:
        remedy = f"there are {', '.join(known[:10])}"
        raise NotFoundError(kind="department", name=department[:_SHOWN], remedy=remedy)
    farm.records.put(replace(group, department=department), decision)


def delete(farm: Farm, group: Group, decision: Decision) -> None:
    """Forget a group that nothing is in; ended jobs of it go to the root of the show.

    Raises:
        InvalidRequestError: It is the root, or jobs, groups or filters need it.
    """
    if reason := _why_needed(farm, group):
        raise InvalidRequestError(request=f"delete group {group.name}", reason=reason)
    root = get_group(farm, root_group_id(group.show))
    move_jobs(farm, jobs_in(farm, group), root, decision, with_defaults=False)
    farm.records.remove(group, decision)
    farm.shares.rebuild(farm.jobs.values())


def _why_needed(farm: Farm, group: Group) -> str:
    if not group.parent:
        return "it is the root of its show"
    if children(farm, group):
        return "groups are in it; move or delete them first"
    if any(job.state is JobState.PENDING for job in jobs_in(farm, group)):
        return "pending jobs are in it; move them to another group first"
    moves = (each for each in farm.records.all(Action) if each.group_value == group.id)
    if any(action.type == ActionType.MOVE_JOB_TO_GROUP for action in moves):
        return "a filter moves jobs there; delete its action first"
    return ""


def move(farm: Farm, group: Group, parent: Group, decision: Decision) -> None:
    """Put a group, with all that is in it, into another one.

    Raises:
        InvalidRequestError: That makes no tree, or the other one is of another show.
    """
    if reason := _why_not_there(farm, group, parent):
        request = f"move group {group.name} into {parent.name}"
        raise InvalidRequestError(request=request, reason=reason)
    farm.records.put(replace(group, parent=parent.id), decision)


def _why_not_there(farm: Farm, group: Group, parent: Group) -> str:
    if not group.parent:
        return "it is the root of its show"
    if group.show != parent.show:
        return "that is a group of another show"
    if group.id in {each.id for each in (parent, *_above(farm, parent))}:
        return "a group cannot lie in itself"
    height = max(level_of(farm, each) for each in _below(farm, group)) - level_of(farm, group)
    if level_of(farm, parent) + 1 + height > MAX_DEPTH:
        return f"use at most {MAX_DEPTH} levels"
    return ""


def move_all(farm: Farm, groups: Iterable[Group], parent: Group, decision: Decision) -> None:
    """Put several groups into another one, all or none; raises as `move` does."""
    chosen = list(groups)
    for group in chosen:
        if reason := _why_not_there(farm, group, parent):
            request = f"move group {group.name} into {parent.name}"
            raise InvalidRequestError(request=request, reason=reason)
    for group in chosen:
        move(farm, group, parent, decision)


def set_limit(farm: Farm, group: Group, decision: Decision, **values: float) -> None:
    """Set what the jobs of a group may use together, ``max_cores`` or ``max_gpus``; below 0 there is no limit.

    Raises:
        InvalidRequestError: Less than a core, or more than makes sense.
    """
    assert values.keys() <= _LIMITS
    chosen: dict[str, Any] = {name: _limit(group, name, value) for name, value in values.items()}
    farm.records.put(replace(group, **chosen), decision)
    farm.shares.rebuild(farm.jobs.values())


def _limit(group: Group, name: str, value: float) -> float:
    if value < 0:
        return UNSET
    least = 1 if name == "max_cores" else 0
    if not least <= value <= _MOST:
        request = f"set {name.replace('_', ' ')} of group {group.name} to {value:g}"
        reason = f"use {least} to 1,000,000, or -1 for no limit"
        raise InvalidRequestError(request=request, reason=reason)
    return value


def set_minimum(farm: Farm, group: Group, decision: Decision, **values: float) -> None:
    """Keep ``min_cores`` or ``min_gpus`` of a group; raises InvalidRequestError."""
    chosen: dict[str, Any] = {name: max(value, 0) for name, value in values.items()}
    _refuse_huge(group, chosen)
    farm.records.put(replace(group, **chosen), decision)


def _refuse_huge(group: Group, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if not value <= _MOST:
            request = f"set {name.replace('_', ' ')} of group {group.name} to {value:g}"
            raise InvalidRequestError(request=request, reason="use at most 1,000,000")


# -- jobs in groups ------------------------------------------------------------------------------


def set_default(farm: Farm, group: Group, decision: Decision, **values: float) -> None:
    """Set what jobs get that are moved into a group; those that are in it get it at once.

    Args:
        farm: The farm.
        group: The group.
        decision: Notes the changes.
        values: ``job_priority``, ``job_min_cores``, ``job_max_cores``, ``job_min_gpus`` or
            ``job_max_gpus``; 0 and less, of the priority only less, take the default away.

    Raises:
        InvalidRequestError: A value is larger than makes sense.
    """
    assert values.keys() <= _DEFAULTS
    chosen: dict[str, Any] = {
        name: value if value > 0 or (value == 0 and name == "job_priority") else UNSET
        for name, value in values.items()
    }
    _refuse_huge(group, chosen)
    farm.records.put(replace(group, **chosen), decision)
    for job in jobs_in(farm, group):
        if job.state is JobState.PENDING:
            give_defaults(farm, job, Group(id=group.id, **chosen), decision)


def give_defaults(
    farm: Farm, job: Job, group: Group, decision: Decision, *, but: frozenset[str] = frozenset()
) -> None:
    """Give a job what its group has for jobs.

    Args:
        farm: The farm.
        job: The job.
        group: The group.
        decision: Notes the changes.
        but: Defaults that do not count for it.
    """
    given = {name: getattr(group, name) for name in _DEFAULTS - but}
    given = {name: value for name, value in given.items() if value != UNSET}
    if "job_priority" in given:
        set_priority(farm, job, int(given["job_priority"]), decision)
    cores: dict[str, Any] = {
        name.removeprefix("job_"): float(given[name])
        for name in ("job_min_cores", "job_max_cores")
        if name in given
    }
    if cores:
        change_job(job, decision, **cores)
    gpus = {
        name.removeprefix("job_"): int(given[name])
        for name in ("job_min_gpus", "job_max_gpus")
        if name in given
    }
    if gpus:
        set_of_job(farm, job, decision, **gpus)


def move_jobs(
    farm: Farm, jobs: Iterable[Job], group: Group, decision: Decision, *, with_defaults: bool = True
) -> None:
    """Put jobs into a group, all or none; they get its defaults.

    Raises:
        InvalidRequestError: One is of another show.
    """
    chosen = list(jobs)
    for job in chosen:
        if job.show_id != group.show:
            show = farm.records.get(Show, group.show).name
            request = f"move job {job.name} to group {group.name}"
            raise InvalidRequestError(request=request, reason=f"that is a group of show {show}")
    for job in chosen:
        _put(farm, job, group, decision)
        if with_defaults and job.state is JobState.PENDING:
            give_defaults(farm, job, group, decision)


def _put(farm: Farm, job: Job, group: Group, decision: Decision) -> None:
    farm.shares.count_out(job)
    job.group_id = "" if group.id == root_group_id(group.show) else group.id
    farm.shares.count_in(job)
    kept = Membership(id=job.id, group=job.group_id)
    if job.group_id:
        farm.records.put(kept, decision)
    else:
        farm.records.remove(kept, decision)


def forget_membership(farm: Farm, job: Job, decision: Decision) -> None:
    """Drop what is kept of the group of a job that is forgotten."""
    if job.group_id:
        farm.records.remove(Membership(id=job.id), decision)

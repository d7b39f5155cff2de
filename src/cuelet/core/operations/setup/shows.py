"""What people ask of shows: make, change, close, archive and delete them; and which show a launch is of."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from cuelet.core.operations import lanes
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.allocation import Subscription
from cuelet.core.state.setup.filter import Filter
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.identity import show_id, show_key
from cuelet.core.state.setup.record import Record
from cuelet.core.state.setup.show import Show
from cuelet.core.values.errors import (
    AlreadyThereError,
    InvalidRequestError,
    InvalidSpecError,
    NotFoundError,
)
from cuelet.pasting import pasteable
from outline.jobspec.model import JobSpec

_NAME = re.compile(r"\w[\w.]{2,254}\Z", re.ASCII)
_ARCHIVE = "_archive"
MAX_EMAIL = 1024
_SHOWN = 60
_OF_A_SHOW: Final[tuple[type[Group | Filter | Subscription], ...]] = (Group, Filter, Subscription)


def show_of(farm: Farm, job: Job) -> Show:
    """Return the show that a job is of."""
    return farm.records.get(Show, job.show_id)


def find_show(farm: Farm, id_or_name: str) -> Show:
    """Return a show by id, or by name in any spelling; raises NotFoundError."""
    show = farm.records.find(Show, id_or_name) or farm.records.find(Show, show_id(id_or_name))
    if show is not None and (show.id == id_or_name or _answers_to(show, id_or_name)):
        return show
    for other in farm.records.all(Show):
        if _answers_to(other, id_or_name):
            return other
    known = ", ".join(sorted(each.name for each in farm.records.all(Show))[:10])
    remedy = f"there are {known}" if known else "there is none yet; a launch makes its show"
    raise NotFoundError(kind="show", name=id_or_name[:_SHOWN], remedy=remedy)


def _answers_to(show: Show, name: str) -> bool:
    return show_key(show.name) == show_key(name)


def jobs_of(farm: Farm, show: Show) -> list[Job]:
    """Return every job of a show that is known, ended ones too."""
    return [job for job in farm.jobs.values() if job.show_id == show.id]


def create(farm: Farm, name: str, decision: Decision) -> Show:
    """Make a show; its name is spelled as a Cuebot spells it. One that only a launch made is taken over.

    Raises:
        InvalidRequestError: The name is none, or that of an archived show.
        AlreadyThereError: Somebody has made it before.
    """
    spelled = show_key(name)
    if not _NAME.match(spelled):
        reason = "a show's name has 3 to 255 letters, digits, dots and underscores"
        raise InvalidRequestError(request=f"make show {name[:_SHOWN]!r}", reason=reason)
    known = farm.records.find(Show, show_id(spelled))
    if known is None:
        known = Show(id=show_id(spelled), name=spelled)
    elif known.archived_to:
        where = farm.records.get(Show, known.archived_to).name
        reason = f"it is archived, its jobs go to show {where}; delete {known.name} first"
        raise InvalidRequestError(request=f"make show {spelled}", reason=reason)
    elif not known.made_by_launch:
        raise AlreadyThereError(kind="show", name=known.name)
    made = replace(known, made_by_launch=False)
    farm.records.put(made, decision)
    return made


def change(farm: Farm, show: Show, decision: Decision, **values: Any) -> Show:
    """Change what is kept of a show."""
    changed = replace(show, **values)
    farm.records.put(changed, decision)
    if changed.starts_frames != show.starts_frames:
        _reconsider(farm, changed, decision)
    return changed


def _reconsider(farm: Farm, show: Show, decision: Decision) -> None:
    """Let the frames of a show start, or no more."""
    farm.shares.rebuild(farm.jobs.values())
    if not show.starts_frames:
        for job in jobs_of(farm, show):
            lanes.withdraw(job, decision)


def set_default(farm: Farm, show: Show, decision: Decision, **values: float) -> None:
    """Set what jobs of a show get that do not say themselves.

    Raises:
        InvalidRequestError: A value is below 0.
    """
    for name, value in values.items():
        if not 0 <= value <= 1e6:
            asked = f"set {name.replace('_', ' ')} of show {show.name} to {value:g}"
            raise InvalidRequestError(request=asked, reason="use 0 to 1,000,000")
    change(farm, show, decision, **values)


def set_email(farm: Farm, show: Show, email: str, decision: Decision) -> None:
    """Keep the address that comments are mailed to; raises InvalidRequestError for one too long."""
    if len(email) > MAX_EMAIL:
        reason = f"use at most {MAX_EMAIL} characters"
        raise InvalidRequestError(request=f"set an address of show {show.name}", reason=reason)
    change(farm, show, decision, comment_email=email)


def archive(farm: Farm, show: Show, target: Show, decision: Decision) -> None:
    """Have the jobs that are launched to a show from now on be jobs of another one.

    Raises:
        InvalidRequestError: It is archived already, or would be archived into itself.
    """
    request = f"archive show {show.name} into {target.name}"
    if show.archived_to:
        raise InvalidRequestError(request=request, reason="it is archived already")
    if target.archived_to or target.id == show.id:
        raise InvalidRequestError(request=request, reason="choose another show that takes jobs")
    name = f"{show.name}{_ARCHIVE}"
    if any(_answers_to(other, name) for other in farm.records.all(Show)):
        raise AlreadyThereError(kind="show", name=name)
    for other in farm.records.all(Show):
        if other.archived_to == show.id:  # what went there goes on
            farm.records.put(replace(other, archived_to=target.id), decision)
    change(farm, show, decision, name=name, archived_name=show.name, archived_to=target.id)


def delete(farm: Farm, show: Show, decision: Decision) -> None:
    """Forget a show that has no jobs, and all that was set up for it.

    Raises:
        InvalidRequestError: There are jobs of it, or archived shows whose jobs it gets.
    """
    request = f"delete show {show.name}"
    if jobs_of(farm, show):
        reason = "jobs belong to it; forget them first, with cuelet farm prune"
        raise InvalidRequestError(request=request, reason=reason)
    for other in farm.records.all(Show):
        if other.archived_to == show.id:
            reason = (
                f"jobs of archived show {other.archived_name} go there; delete {other.name} first"
            )
            raise InvalidRequestError(request=request, reason=reason)
    for record in belongings(farm, show):
        farm.records.remove(record, decision)
    farm.records.remove(show, decision)
    farm.shares.rebuild(farm.jobs.values())


def belongings(farm: Farm, show: Show) -> list[Record]:
    """Return the records that are there for a show only."""
    return [
        record for kind in _OF_A_SHOW for record in farm.records.all(kind) if record.show == show.id
    ]


def admit(farm: Farm, spec: JobSpec) -> JobSpec:
    """Return a spec with the show that takes its job, as it is spelled: for an archived show the one in its place.

    Raises:
        InvalidSpecError: The show takes no jobs.
    """
    show = farm.records.find(Show, show_id(spec.show))
    if show is None:
        return spec
    if show.archived_to:
        show = farm.records.get(Show, show.archived_to)
    if not show.active:
        again = pasteable("cueadmin", "-enable-show", show.name)
        reason = f"it has been deactivated and takes no jobs; let it take them again: {again}"
        raise InvalidSpecError(where="show", value=spec.show, reason=reason)
    return spec if spec.show == show.name else spec.replace(show=show.name)


def ensure(farm: Farm, spec: JobSpec, decision: Decision) -> Show:
    """Return the show of a spec, which is made if it is not there."""
    known = farm.records.find(Show, show_id(spec.show))
    if known is None:
        known = Show(id=show_id(spec.show), name=spec.show, made_by_launch=True)
        farm.records.put(known, decision)
    return known

"""What people ask of owners of this machine, and their remarks on it."""

from __future__ import annotations

from dataclasses import replace

from cuelet.core.operations.comments import MAX_COMMENT_LENGTH, MAX_COMMENTS
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.ownership import Deed, HostComment, Owner
from cuelet.core.values.errors import InvalidRequestError, NotFoundError

MAX_NAME_LENGTH = 255


# -- remarks -------------------------------------------------------------------------------------


def host_comments(farm: Farm) -> list[HostComment]:
    """Return the remarks on this machine, oldest first."""
    return sorted(farm.records.all(HostComment), key=lambda each: each.at)


def add_host_comment(farm: Farm, comment: HostComment, decision: Decision) -> None:
    """Leave a remark on this machine; raises InvalidRequestError when it is too long, or one too many."""
    _refuse_length(farm, comment)
    if len(farm.records.all(HostComment)) >= MAX_COMMENTS:
        reason = f"it has {MAX_COMMENTS} already; delete some first"
        raise InvalidRequestError(request=f"comment on {farm.host.name}", reason=reason)
    farm.records.put(comment, decision)


def edit_host_comment(
    farm: Farm, comment: HostComment, subject: str, message: str, decision: Decision
) -> None:
    """Replace what a remark says; raises InvalidRequestError."""
    changed = replace(comment, subject=subject, message=message)
    _refuse_length(farm, changed)
    farm.records.put(changed, decision)


def _refuse_length(farm: Farm, comment: HostComment) -> None:
    if len(comment.user) + len(comment.subject) + len(comment.message) > MAX_COMMENT_LENGTH:
        reason = f"it has more than {MAX_COMMENT_LENGTH:,} characters; write them to a file"
        raise InvalidRequestError(request=f"comment on {farm.host.name}", reason=reason)


# -- owners --------------------------------------------------------------------------------------


def create_owner(farm: Farm, new_id: str, name: str, show: str, decision: Decision) -> Owner:
    """Make somebody an owner.

    Args:
        farm: The farm.
        new_id: Id of the owner.
        name: What the owner is called.
        show: Name of the show the owner works for.
        decision: Notes the change.

    Raises:
        InvalidRequestError: The name is none, or there is such an owner.
    """
    request = f"create owner {name[:MAX_NAME_LENGTH]!r}"
    if not name.strip() or len(name) > MAX_NAME_LENGTH:
        reason = f"a name has 1 to {MAX_NAME_LENGTH} characters"
        raise InvalidRequestError(request=request, reason=reason)
    if any(each.name == name for each in farm.records.all(Owner)):
        raise InvalidRequestError(request=request, reason="there is one of that name")
    made = Owner(id=new_id, name=name, show=show)
    farm.records.put(made, decision)
    return made


def find_owner(farm: Farm, id_or_name: str) -> Owner:
    """Return an owner by id or by name; raises NotFoundError."""
    for each in farm.records.all(Owner):
        if id_or_name in (each.id, each.name):
            return each
    raise NotFoundError(kind="owner", name=id_or_name[:MAX_NAME_LENGTH])


def delete_owner(farm: Farm, owner: Owner, decision: Decision) -> None:
    """Forget an owner, whom this machine does not belong to any more."""
    for deed in deeds_of(farm, owner):
        farm.records.remove(deed, decision)
    farm.records.remove(owner, decision)


def set_owners_show(farm: Farm, owner: Owner, show: str, decision: Decision) -> None:
    """Have an owner work for another show, by name."""
    farm.records.put(replace(owner, show=show), decision)


# -- deeds ---------------------------------------------------------------------------------------


def take_ownership(farm: Farm, new_id: str, owner: Owner, decision: Decision) -> Deed:
    """Give this machine to an owner; whoever had it has it no more."""
    held = current_deed(farm)
    if held is not None and held.owner == owner.id:
        return held
    if held is not None:
        farm.records.remove(held, decision)
    made = Deed(id=new_id, owner=owner.id)
    farm.records.put(made, decision)
    return made


def current_deed(farm: Farm) -> Deed | None:
    """Return the deed of this machine, None while it belongs to nobody."""
    return next(iter(farm.records.all(Deed)), None)


def get_deed(farm: Farm, deed_id: str = "") -> Deed:
    """Return the deed of this machine; raises NotFoundError when there is none, or another one."""
    held = current_deed(farm)
    if held is None or (deed_id and held.id != deed_id):
        remedy = f"nobody owns {farm.host.name}" if held is None else ""
        raise NotFoundError(kind="deed", name=deed_id or farm.host.name, remedy=remedy)
    return held


def deeds_of(farm: Farm, owner: Owner) -> list[Deed]:
    """Return the deeds that an owner has."""
    return [each for each in farm.records.all(Deed) if each.owner == owner.id]

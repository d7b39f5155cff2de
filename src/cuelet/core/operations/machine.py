"""What people say of the machine: tags, services, GPUs, lock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import DOWN, REPAIR, UP, USUAL_TAGS, distinct, keys
from cuelet.core.values.errors import InvalidRequestError, NotFoundError

ANY = "any"
"""Stands for all services when people list them."""
MAX_GPUS = 1024
_TAG = re.compile(r"[\w.-]{1,255}\Z")


def configure(farm: Farm, decision: Decision, **changes: object) -> None:
    """Replace some of what the machine offers."""
    farm.host = replace(farm.host, _known={}, **changes)  # type: ignore[arg-type] # by name
    decision.host = farm.host


def add_tags(farm: Farm, tags: Sequence[str], decision: Decision) -> None:
    """Give the machine further tags; those it has stay.

    Raises:
        InvalidRequestError: One is no word.
    """
    _refuse_odd("tag", tags)
    host = farm.host
    back = tuple(tag for tag in host.removed_tags if tag.casefold() not in keys(tags))
    plain = replace(host, removed_tags=back, _known={})
    new = [tag for tag in tags if not plain.has_one_of((tag,))]
    added = distinct((*host.added_tags, *new))
    configure(farm, decision, removed_tags=back, added_tags=added)


def remove_tags(farm: Farm, tags: Sequence[str], decision: Decision) -> None:
    """Take tags from the machine; those it does not have are none the less gone."""
    gone, host = keys(tags), farm.host
    kept = tuple(tag for tag in host.added_tags if tag.casefold() not in gone)
    usual = [tag for tag in (*USUAL_TAGS, host.name) if tag.casefold() in gone]
    removed = tuple(dict.fromkeys((*host.removed_tags, *usual)))
    configure(farm, decision, added_tags=kept, removed_tags=removed)


def rename_tag(farm: Farm, old: str, new: str, decision: Decision) -> None:
    """Give a tag of the machine another spelling or name.

    Raises:
        NotFoundError: The machine does not have it.
        InvalidRequestError: The new one is no word.
    """
    if not old.strip() or not farm.host.has_one_of((old,)):
        raise NotFoundError(kind="tag", name=old, remedy=f"there are {', '.join(farm.host.tags)}")
    _refuse_odd("tag", [new])
    remove_tags(farm, [old], decision)
    add_tags(farm, [new], decision)


def set_locked(farm: Farm, decision: Decision, *, locked: bool) -> None:
    """Let nothing further start on the machine, or let it start again."""
    configure(farm, decision, locked=locked)


def set_state(farm: Farm, state: str, decision: Decision) -> None:
    """Say how the machine is; nothing further starts on one that is under repair.

    One that is said to be down comes up with its next report; as this one reports all the time, it
    is up at once.

    Raises:
        InvalidRequestError: It is a state that only a restart of the machine has.
    """
    if state not in (UP, DOWN, REPAIR):
        reason = f"use {UP}, {DOWN} or {REPAIR}: this farm restarts no machine"
        raise InvalidRequestError(request=f"set {farm.host.name} to {state}", reason=reason)
    configure(farm, decision, state=UP if state == DOWN else state)


def set_thread_mode(farm: Farm, mode: str, decision: Decision) -> None:
    """Say what threadable frames get that start from now on: `AUTO`, `ALL` or `VARIABLE`."""
    configure(farm, decision, thread_mode=mode)


def set_os(farm: Farm, name: str, decision: Decision) -> None:
    """Say what the machine's operating system is called; raises InvalidRequestError."""
    _refuse_odd("operating system", [name])
    configure(farm, decision, os=name)


def set_services(farm: Farm, services: Sequence[str] | None, decision: Decision) -> None:
    """Say which services the machine has; None is any.

    Raises:
        InvalidRequestError: One is no word.
    """
    _refuse_odd("service", services or ())
    chosen = None if services is None else tuple(dict.fromkeys(services))
    configure(farm, decision, services=chosen)


def set_gpus(farm: Farm, gpus: int, decision: Decision) -> None:
    """Say how many GPUs the machine has; raises InvalidRequestError."""
    if not 0 <= gpus <= MAX_GPUS:
        raise InvalidRequestError(request=f"set GPUs to {gpus}", reason=f"use 0 to {MAX_GPUS}")
    configure(farm, decision, gpus=gpus)


def offer(
    farm: Farm,
    decision: Decision,
    *,
    tags: Sequence[str] = (),
    services: Sequence[str] | None = None,
    gpus: int | None = None,
) -> None:
    """Take over what somebody says the machine offers, all of it or nothing; the rest stays.

    Args:
        farm: The farm.
        decision: Notes the change.
        tags: Further tags.
        services: The services it has; just `ANY` for any; None leaves them as they are.
        gpus: How many GPUs it has; None leaves them as they are.

    Raises:
        InvalidRequestError: A tag or service is no word, or the GPUs make no sense.
    """
    _refuse_odd("tag", tags)
    _refuse_odd("service", services or ())
    if gpus is not None:
        set_gpus(farm, gpus, decision)
    if tags:
        add_tags(farm, tags, decision)
    if services is not None:
        set_services(farm, None if list(services) == [ANY] else services, decision)


def _refuse_odd(kind: str, words: Iterable[str]) -> None:
    for word in words:
        if not _TAG.match(word):
            raise InvalidRequestError(
                request=f"{kind} {word!r}", reason="use letters, digits, underscores, dashes, dots"
            )

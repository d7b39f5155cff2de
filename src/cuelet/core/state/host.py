"""The machine as a host: tags, services, GPUs, lock, and how people change them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cuelet.core.values.errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelet.core.state.farm import Decision, Farm

USUAL_TAGS = ("general", "local", "desktop", "util")
"""Tags that every machine has beside its name: those that OpenCue's own services ask for."""
USUAL_SERVICES = frozenset({"default", "shell", "preprocess", "postprocess"})
"""Services that need no program of their own: every machine has them."""
ANY = "any"
"""Stands for all services when people list them."""
MAX_GPUS = 1024
_MOST_REMEMBERED = 10_000
_TAG = re.compile(r"[\w.-]{1,255}\Z")


@dataclass(frozen=True, slots=True)
class Host:
    """What the farm's machine offers; immutable, so that its answers can be remembered."""

    name: str = "localhost"
    added_tags: tuple[str, ...] = ()
    """Tags over the usual ones."""
    removed_tags: tuple[str, ...] = ()
    """Usual tags that somebody took away."""
    services: tuple[str, ...] | None = None
    """None: any service runs here."""
    gpus: int = 0
    locked: bool = False
    """A locked machine starts nothing."""
    _known: dict[tuple[str, tuple[str, ...]], bool] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag of the machine, its name among them."""
        gone = _keys(self.removed_tags)
        usual = (tag for tag in (*USUAL_TAGS, self.name) if tag.casefold() not in gone)
        return _distinct((*usual, *self.added_tags))

    def has_one_of(self, tags: tuple[str, ...]) -> bool:
        """Tell whether one of a layer's tags is here, whatever its case; no tags fit anywhere."""
        return self._remembered("tags", tags, self._has_one_of)

    def has_services(self, services: tuple[str, ...]) -> bool:
        """Tell whether all of a layer's services are here."""
        return self._remembered("services", services, lambda asked: not self.missing(asked))

    def missing(self, services: Iterable[str]) -> list[str]:
        """Return the services that are not here."""
        if self.services is None:
            return []
        here = _keys(self.services) | USUAL_SERVICES
        return [name for name in services if name.casefold() not in here]

    def _has_one_of(self, tags: tuple[str, ...]) -> bool:
        asked = _keys(tag.strip() for tag in tags) - {""}
        return not asked or bool(asked & _keys(self.tags))

    def _remembered(
        self, what: str, asked: tuple[str, ...], find: Callable[[tuple[str, ...]], bool]
    ) -> bool:
        """Return the answer to a question that layers ask again and again."""
        known = self._known.get((what, asked))
        if known is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            known = self._known[what, asked] = find(asked)
        return known


def _keys(words: Iterable[str]) -> set[str]:
    return {word.casefold() for word in words}


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return words in order, each once, spelled as it was first."""
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(word.casefold(), word)
    return tuple(found.values())


# -- what people ask for -----------------------------------------------------------------------


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
    back = tuple(tag for tag in host.removed_tags if tag.casefold() not in _keys(tags))
    plain = replace(host, removed_tags=back, _known={})
    new = [tag for tag in tags if not plain.has_one_of((tag,))]
    added = _distinct((*host.added_tags, *new))
    configure(farm, decision, removed_tags=back, added_tags=added)


def remove_tags(farm: Farm, tags: Sequence[str], decision: Decision) -> None:
    """Take tags from the machine; those it does not have are none the less gone."""
    gone, host = _keys(tags), farm.host
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
        raise NotFoundError(kind="tag", name=old, hint=f"there are {', '.join(farm.host.tags)}")
    _refuse_odd("tag", [new])
    remove_tags(farm, [old], decision)
    add_tags(farm, [new], decision)


def set_locked(farm: Farm, decision: Decision, *, locked: bool) -> None:
    """Let nothing further start on the machine, or let it start again."""
    configure(farm, decision, locked=locked)


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


def offered(host: Host) -> dict[str, object]:
    """Return what a machine offers, in plain values; services are None when any runs."""
    return {
        "tags": list(host.tags),
        "services": None if host.services is None else list(host.services),
        "gpus": host.gpus,
        "locked": host.locked,
    }


def _refuse_odd(kind: str, words: Iterable[str]) -> None:
    for word in words:
        if not _TAG.match(word):
            raise InvalidRequestError(
                request=f"{kind} {word!r}", reason="use letters, digits, underscores, dashes, dots"
            )

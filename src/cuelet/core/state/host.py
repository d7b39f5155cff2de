"""The machine as a host: tags, services, GPUs, lock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL_TAGS = ("general", "local", "desktop", "util")
"""Tags that every machine has beside its name: those that OpenCue's own services ask for."""
USUAL_SERVICES = frozenset({"default", "shell", "preprocess", "postprocess"})
"""Services that need no program of their own: every machine has them."""
UP, DOWN, REPAIR = "UP", "DOWN", "REPAIR"
AUTO, ALL, VARIABLE = "AUTO", "ALL", "VARIABLE"
_VARIABLE_CORES = 2.0
_MOST_REMEMBERED = 10_000


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
    state: str = UP
    """OpenCue's word for how it is; one that is not up starts nothing."""
    thread_mode: str = AUTO
    """What threadable frames get: what they ask for, two cores at least, or all of the machine."""
    os: str = "Linux"
    """The operating system as people call it."""
    _known: dict[tuple[str, tuple[str, ...]], bool] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag of the machine, its name among them."""
        gone = keys(self.removed_tags)
        usual = (tag for tag in (*USUAL_TAGS, self.name) if tag.casefold() not in gone)
        return distinct((*usual, *self.added_tags))

    def least_cores(self, cores: float, machine_cores: float) -> float:
        """Return the cores a threadable frame gets that asks for so many."""
        if self.thread_mode == ALL:
            return machine_cores
        return max(cores, _VARIABLE_CORES) if self.thread_mode == VARIABLE else cores

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
        here = keys(self.services) | USUAL_SERVICES
        return [name for name in services if name.casefold() not in here]

    def _has_one_of(self, tags: tuple[str, ...]) -> bool:
        asked = keys(tag.strip() for tag in tags) - {""}
        return not asked or bool(asked & keys(self.tags))

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


def keys(words: Iterable[str]) -> set[str]:
    """Return what words have in common with their other spellings."""
    return {word.casefold() for word in words}


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return words in order, each once, spelled as it was first."""
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(word.casefold(), word)
    return tuple(found.values())


def offered(host: Host) -> dict[str, object]:
    """Return what a machine offers, in plain values; services are None when any runs."""
    return {
        "tags": list(host.tags),
        "services": None if host.services is None else list(host.services),
        "gpus": host.gpus,
        "locked": host.locked,
        "state": host.state,
    }

"""Jobs that are kept but not run, because what is stored of them is damaged."""

from __future__ import annotations

from typing import NamedTuple

from cuelet.core.values import names


class SetAside(NamedTuple):
    """A job that the farm leaves alone until somebody decides about it."""

    id: str
    name: str
    reason: str
    """What is wrong, in words that go on after its name."""

    def answers_to(self, name: str) -> bool:
        """Tell whether somebody may mean this job: by its full name, the short one, or its id."""
        key = names.lookup_key(name)
        short = self.name.partition("_")[2]
        return name == self.id or key in (names.lookup_key(self.name), names.lookup_key(short))

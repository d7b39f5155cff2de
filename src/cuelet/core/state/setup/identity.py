"""Ids of what is there without being made: they follow from names, so that nothing has to be kept."""

from __future__ import annotations

from functools import lru_cache

from cuelet.core.values.ids import named_id

USUAL_ALLOCATION = "local.general"
"""The allocation that this machine is in until somebody moves it."""


def show_key(name: str) -> str:
    """Return what the spellings of a show's name have in common."""
    return name.lower().replace("-", "_")


@lru_cache(maxsize=1024)
def show_id(name: str) -> str:
    """Return the id of the show that was made with a name, in any spelling."""
    return named_id("show", show_key(name))


@lru_cache(maxsize=1024)
def root_group_id(show: str) -> str:
    """Return the id of the group at the root of a show, which is given by its id."""
    return named_id("root group", show)


@lru_cache(maxsize=64)
def allocation_id(full_name: str) -> str:
    """Return the id of the allocation that was made with a name."""
    return named_id("allocation", full_name)


@lru_cache(maxsize=1024)
def subscription_id(allocation: str, show: str) -> str:
    """Return the id of what a show may use of an allocation, both given by their ids."""
    return named_id("subscription", f"{allocation} {show}")

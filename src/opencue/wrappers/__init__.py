"""One class for each kind of thing a server knows, with pycue's names.

May import: `opencue.cuebot`, `opencue.search`, `opencue_proto`, each other.
Add: an RPC as a method of the class of its interface, with pycue's spelling where pycue has it.
"""

from opencue.wrappers import (
    allocation,
    comment,
    deed,
    department,
    depend,
    filter,  # noqa: A004 - pycue's name
    frame,
    group,
    host,
    job,
    layer,
    limit,
    monitoring,
    owner,
    proc,
    render_partition,
    service,
    show,
    subscription,
    task,
    util,
)

__all__ = [
    "allocation",
    "comment",
    "deed",
    "department",
    "depend",
    "filter",
    "frame",
    "group",
    "host",
    "job",
    "layer",
    "limit",
    "monitoring",
    "owner",
    "proc",
    "render_partition",
    "service",
    "show",
    "subscription",
    "task",
    "util",
]

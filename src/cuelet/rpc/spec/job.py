"""Read a job spec: the XML that OpenCue's clients send, and Cuelet's extension of it."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cuelet.core.values.errors import InvalidSpecError
from cuelet.rpc.spec.depends import (
    awaited_jobs,
    edges_inside,
    edges_outside,
    refuse_strangers,
)
from cuelet.rpc.spec.document import Document
from cuelet.rpc.spec.layer import MAX_RETRIES, read_layer
from cuelet.rpc.spec.values import bool_of, env_of, environment, int_of, text_of, usable
from outline.jobspec.model import JobSpec, LayerSpec, post_edges, shared_environment

MAX_UMASK = 0o777
MAX_NAMES = 200
"""Characters of job and layer name together: a log file is named after both."""


def parse_spec(text: str) -> list[JobSpec]:
    """Return the jobs of a spec, validated.

    Raises:
        InvalidSpecError: The text is no spec, or some value in it makes no sense.
    """
    document = Document(text)
    jobs = [_job(document, element) for element in document.root.findall("job")]
    if not jobs:
        raise InvalidSpecError(where="spec", value=document.show, reason="has no job")
    refuse_strangers(document, [job.name for job in jobs])
    return jobs


def _job(document: Document, element: Element) -> JobSpec:
    given = element.get("name", "")
    name = document.job_name(given)
    layers = tuple(read_layer(document, layer) for layer in element.iterfind("layers/layer"))
    _refuse_long_names(name, layers)
    edges = (*edges_inside(document, name), *post_edges(layers))
    return JobSpec(
        name=name,
        title=usable("title", document.job.get("title") or given),
        show=document.show,
        shot=document.shot,
        user=document.user,
        facility=text_of(document.root, "facility", "local").lower(),
        email=text_of(document.root, "email", ""),
        uid=_uid(text_of(document.root, "uid", "")),
        priority=int_of(element, "priority", 1),
        paused=bool_of(element, "paused"),
        autoeat=bool_of(element, "autoeat"),
        max_retries=int_of(element, "maxretries", 1, low=0, high=MAX_RETRIES),
        max_cores=float(int_of(element, "maxcores", -1)),
        os=text_of(element, "os", ""),
        env=env_of(element, document.job),
        base_env=_base_env(document),
        python_fits=environment(document.job.get("python_fits") or {}),
        umask=_umask(document.job.get("umask")),
        cwd=usable("cwd", document.job.get("cwd") or ""),
        session=usable("session", document.job.get("session") or ""),
        layers=layers,
        edges=edges,
        force=bool(document.job.get("force")),
        after=tuple(awaited_jobs(document, name)),
        outside=tuple(edges_outside(document, name)),
    )


def _base_env(document: Document) -> dict[str, str] | None:
    """Return the environment of the launch, None when it says nothing."""
    if "env" not in document.job:
        return None
    return shared_environment(environment(document.job["env"]))


def _umask(value: object) -> int | None:
    """Return the mask of a spec; one that is none says nothing."""
    return value if type(value) is int and 0 <= value <= MAX_UMASK else None


def _uid(text: str) -> int | None:
    """Return the uid of a spec; one that is no number, or too large for the wire, says nothing."""
    uid = int(text) if text.isdecimal() and len(text) <= 10 else -1
    return uid if 0 <= uid < 2**31 else None


def _refuse_long_names(job: str, layers: Sequence[LayerSpec]) -> None:
    longest = max((layer.name for layer in layers), key=len, default="")
    if len(job) + len(longest) > MAX_NAMES:
        raise InvalidSpecError(
            where="job and layer name",
            value=f"{job} {longest}",
            reason=f"are longer than {MAX_NAMES} characters together; logs are named after them",
        )

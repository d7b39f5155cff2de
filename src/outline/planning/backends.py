"""What each backend would make of a job: what it lowers, what it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from outline._targets import cuebot_xml, cuelet_json, here, left_behind, limitation
from outline._targets.compile import compile_job, left_out
from outline._targets.limitation import Limitation
from outline._targets.obstacles import REFUSED, TOLD, WAITS, Obstacle, obstacles
from outline._targets.options import Options
from outline.exception import OutlineException
from outline.jobspec.model import JobSpec, LayerSpec
from outline.jobspec.renderfarm import RenderFarm, RenderHost
from outline.jobspec.reservation import asked_cores
from outline.layer import Layer
from outline.loader import Outline
from outline.planning.model import BackendView, Host, Severity

Asking = Callable[[JobSpec], RenderFarm]
"""Asks a Cuebot about its farm, as a job meets it."""
_SEVERITIES: Mapping[str, Severity] = {
    REFUSED: Severity.ERROR,
    WAITS: Severity.WARNING,
    TOLD: Severity.INFO,
}
_SILENCE = "P813"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a backend does differently."""

    code: str
    severity: Severity
    text: str
    """A sentence."""
    remedy: str
    layer: str | None = None


def look(
    ol: Outline,
    options: Options,
    hosts: Sequence[Host],
    *,
    sound: bool = True,
    survey: Asking | None = None,
) -> dict[str, list[Note]]:
    """Return what each backend would do differently.

    Args:
        ol: The outline.
        options: How it is launched.
        hosts: The machine of the embedded farm and of a job without a farm.
        sound: The definition has no errors; one that has is refused everywhere.
        survey: Asks the Cuebot that the job is for; None when it is for none.
    """
    if not sound:
        refused = Note("P304", Severity.ERROR, "the definition has errors", "correct them first")
        return {name: [refused] for name in ("cuelet", "cue", "local")}
    job = _Job(ol, options)
    fit = list(_lowered_to_fit(job.layers, hosts))
    return {
        "cuelet": [*job.notes(cuelet_json.survey), *fit],
        "cue": [*job.notes(cuebot_xml.survey), *job.farm_notes(survey)],
        "local": [_local(), *job.notes(here.survey, Severity.INFO), *fit],
    }


def view(name: str, notes: Sequence[Note]) -> BackendView:
    """Return the notes on one backend as the plan shows them."""
    refused = tuple(note.text for note in notes if note.severity is Severity.ERROR)
    lowered = tuple(note.text for note in notes if note.severity is not Severity.ERROR)
    return BackendView(name, lowered, refused)


class _Job:
    """The job of an outline, or why there is none."""

    def __init__(self, ol: Outline, options: Options) -> None:
        self.left_out = left_out(ol, options)
        self.texts = {layer.get_name(): _texts(layer) for layer in ol.get_layers()}
        self.compiled: JobSpec | OutlineException
        try:
            self.compiled = compile_job(ol, options, with_work=False)
        except OutlineException as error:
            self.compiled = error

    @property
    def layers(self) -> Sequence[LayerSpec]:
        """Its layers; none when there is no job."""
        return () if isinstance(self.compiled, OutlineException) else self.compiled.layers

    def notes(
        self,
        survey: Callable[[JobSpec], Sequence[Limitation]],
        severity: Severity = Severity.WARNING,
    ) -> Iterator[Note]:
        """Yield what a target cannot do as written, or why it takes no such job."""
        if isinstance(self.compiled, OutlineException):
            yield _refusal(self.compiled)
            return
        try:
            found = (*self.left_out, *survey(self.compiled))
        except OutlineException as error:
            yield _refusal(error)
            return
        yield from (_note(each, severity) for each in found)

    def farm_notes(self, survey: Asking | None) -> Iterator[Note]:
        """Yield what the farm of a Cuebot makes of the job, and what does not come along to it."""
        if isinstance(self.compiled, OutlineException):
            return
        sent = cuebot_xml.near_job(self.compiled)
        farm = RenderFarm() if survey is None else survey(sent)
        if farm.silence:
            text = f"the Cuebot could not be asked about its farm: {farm.silence}"
            remedy = "see whether it runs and CUEBOT_HOSTS names it; --offline asks nobody"
            yield Note(_SILENCE, Severity.INFO, text, remedy)
        yield from map(_met, obstacles(sent, farm))
        yield from map(_met, left_behind.all_of(self.compiled, sent, self.texts))


def _texts(layer: Layer) -> list[str]:
    """Return what a shell reads of a layer: commands that are one text."""
    commands = (layer.get_arg("command"), *(layer.get_arg("commands") or ()))
    return [each for each in commands if isinstance(each, str)]


def _met(found: Obstacle) -> Note:
    return Note(found.code, _SEVERITIES[found.weight], found.text, found.remedy, found.layer)


def _refusal(error: OutlineException) -> Note:
    """Return the note that says what an error says."""
    return Note(
        "P304",
        Severity.ERROR,
        error.problem,
        error.remedy or "change what it names",
        getattr(error, "layer", None),
    )


def _note(found: Limitation, severity: Severity) -> Note:
    code = "P303" if found.code == limitation.RETRIES else "P305"
    return Note(code, severity, found.text, found.remedy, found.layer)


def _lowered_to_fit(layers: Sequence[LayerSpec], hosts: Sequence[Host]) -> Iterator[Note]:
    """Yield the reservations that are lowered to the machine, by the embedded farm and here."""
    if not hosts:
        return
    cores = max(host.cores for host in hosts)
    memory_mb = max(host.memory_mb for host in hosts)
    for layer in layers:
        sizes = ((_asked(layer, cores), cores, "cores"), (layer.memory_mb, memory_mb, "MB"))
        over = [(asked, most, unit) for asked, most, unit in sizes if asked > most]
        if over:
            wanted = " and ".join(f"{asked:,g} {unit}" for asked, _, unit in over)
            given = " and ".join(f"{most:,g} {unit}" for _, most, unit in over)
            text = f"layer {layer.title}: {wanted} are lowered to the machine's {given}"
            remedy = "nothing has to change; on a farm of bigger hosts it gets what it asks"
            yield Note("P402", Severity.INFO, text, remedy, layer.title)


def _asked(layer: LayerSpec, machine_cores: float) -> float:
    """Return the cores that a frame of a layer asks for."""
    return asked_cores(
        cores=layer.cores,
        max_cores=layer.max_cores,
        threadable=layer.threadable,
        machine_cores=machine_cores,
    )


def _local() -> Note:
    """Return what a job without a farm does not look at; see `outline.backend.local`."""
    text = (
        "frames run at once as far as cores, memory and the job's maxcores reach; tags, services, "
        "limits, GPUs, time-outs, start times and priorities do not count"
    )
    return Note("P305", Severity.INFO, text, "use cuelet for what has to count")


def render_host(host: Host) -> RenderHost:
    """Return a host that is given for a plan as one of a farm."""
    return RenderHost(
        name=host.name,
        cores=host.cores,
        memory_mb=host.memory_mb,
        gpus=host.gpus,
        tags=host.tags,
    )


def this_machine() -> Host:
    """Return this machine as a host: the cores this process may use and all memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    return Host(name="this machine", cores=float(cores or 1), memory_mb=memory)

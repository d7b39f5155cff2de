"""What each backend would make of a job: what it lowers, what it refuses."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outline import spec
from outline.exception import OutlineException
from outline.loader import Outline
from outline.planning.model import BackendView, Host, PlannedLayer, Severity

_DIALECTS = {"cuelet": spec.CUELET, "cue": spec.CUEBOT}
_SUBJECT = re.compile(r"layer (?P<name>[^\s:]+)[\s:]")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a backend does differently."""

    code: str
    severity: Severity
    text: str
    """A sentence."""
    way_out: str
    layer: str | None = None


def look(
    ol: Outline,
    options: spec.Options,
    layers: Sequence[PlannedLayer],
    hosts: Sequence[Host],
    *,
    sound: bool = True,
) -> dict[str, list[Note]]:
    """Return what each backend would do differently.

    Args:
        ol: The outline.
        options: How it is launched.
        layers: Its layers as planned.
        hosts: The machine of the embedded farm and of a job without a farm.
        sound: The definition has no errors; one that has is refused everywhere.
    """
    if not sound:
        refused = Note("P304", Severity.ERROR, "the definition has errors", "correct them first")
        return {name: [refused] for name in ("cuelet", "cue", "local")}
    return {
        "cuelet": [*_from_spec(ol, options, "cuelet"), *_lowered_to_fit(layers, hosts)],
        "cue": [*_from_spec(ol, options, "cue"), *_clamped_retries(layers, options)],
        "local": [_local(), *_unskipped(ol, options), *_lowered_to_fit(layers, hosts)],
    }


def view(name: str, notes: Sequence[Note]) -> BackendView:
    """Return the notes on one backend as the plan shows them."""
    refused = tuple(note.text for note in notes if note.severity is Severity.ERROR)
    lowered = tuple(note.text for note in notes if note.severity is not Severity.ERROR)
    return BackendView(name, lowered, refused)


def _from_spec(ol: Outline, options: spec.Options, name: str) -> Iterator[Note]:
    """Yield what the specification for a backend says it lowers, or why it cannot be written."""
    try:
        lowered = _lowered(ol, _DIALECTS[name], options)
    except OutlineException as error:
        text, _, way_out = str(error).rpartition("; ")
        way_out = way_out if text else "change what it names"
        yield Note("P304", Severity.ERROR, text or str(error), way_out, _subject(str(error)))
        return
    for sentence in lowered:
        if not sentence.startswith("retries "):
            way_out = "say what you want in a way every backend knows, or choose the backend"
            yield Note("P305", Severity.WARNING, sentence, way_out, _subject(sentence))


def _lowered(ol: Outline, dialect: str, options: spec.Options) -> list[str]:
    """Return what `outline.spec.build_spec` lowers, without writing out every frame-to-frame depend."""
    writer = spec._Writer(ol, dialect, options)
    writer._check_limits()
    root = ET.Element("spec")
    writer._write_job(root)
    if dialect == spec.CUEBOT:
        writer._lowered_edges()
    spec._refuse_control_characters(root)
    return writer.lowered


def _subject(sentence: str) -> str | None:
    match = _SUBJECT.match(sentence.replace("'", ""))
    return match["name"] if match else None


def _clamped_retries(layers: Sequence[PlannedLayer], options: spec.Options) -> Iterator[Note]:
    """Yield what becomes of retries on a Cuebot.

    Source:
        Cuebot's spec reader: retries are of the job, and clamped to 0..1 at launch.
    """
    for layer in layers:
        wanted = options.maxretries if layer.retries is None else layer.retries
        if wanted > 1:
            text = f"layer {layer.name}: of {wanted} retries OpenCue keeps 1 at launch"
            way_out = "raise them after the launch with job.setMaxRetries, or cueadmin -retries"
            yield Note("P303", Severity.WARNING, text, way_out, layer.name)
    asked = {options.maxretries if each.retries is None else each.retries for each in layers}
    if len({min(each, 1) for each in asked}) > 1:
        text = "retries are of the whole job in OpenCue: every layer gets 1"
        yield Note("P303", Severity.WARNING, text, "give all layers the same number")


def _lowered_to_fit(layers: Sequence[PlannedLayer], hosts: Sequence[Host]) -> Iterator[Note]:
    """Yield the reservations that are lowered to the machine, by the embedded farm and here."""
    if not hosts:
        return
    cores = max(host.cores for host in hosts)
    memory_mb = max(host.memory_mb for host in hosts)
    for layer in layers:
        sizes = ((layer.cores, cores, "cores"), (layer.memory_mb, memory_mb, "MB"))
        over = [(asked, most, unit) for asked, most, unit in sizes if asked and asked > most]
        if over:
            wanted = " and ".join(f"{asked:,g} {unit}" for asked, _, unit in over)
            given = " and ".join(f"{most:,g} {unit}" for _, most, unit in over)
            text = f"layer {layer.name}: {wanted} are lowered to the machine's {given}"
            way_out = "nothing has to change; on a farm of bigger hosts it gets what it asks"
            yield Note("P402", Severity.INFO, text, way_out, layer.name)


def _local() -> Note:
    """Return what a job without a farm does not look at; see `outline.backend.local`."""
    text = (
        "frames run at once as far as cores, memory and the job's maxcores reach; tags, services, "
        "limits, GPUs, time-outs, start times and priorities do not count"
    )
    return Note("P305", Severity.INFO, text, "use cuelet for what has to count")


def _unskipped(ol: Outline, options: spec.Options) -> Iterator[Note]:
    for sentence in spec.skip_notes(ol.get_layers(), options):
        way_out = "launch on the farm to skip frames; nothing has to change for all of them to run"
        yield Note("P305", Severity.INFO, sentence, way_out, _subject(sentence))


def this_machine() -> Host:
    """Return this machine as a host: the cores this process may use and all memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    return Host(name="this machine", cores=float(cores or 1), memory_mb=memory)

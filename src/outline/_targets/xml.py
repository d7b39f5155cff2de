"""A job as OpenCue's specification, word for word; what a server would not take is not its business."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from outline._targets.compile import find_not_xml
from outline.exception import SpecError
from outline.jobspec.names import wire_job_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from outline._targets.cuebot_edges import CuebotDepend
    from outline.jobspec.model import JobSpec, LayerSpec

_DOCTYPE = (
    '<?xml version="1.0"?>\n<!DOCTYPE spec PUBLIC "SPI Cue  Specification Language" '
    '"http://localhost:8080/spcue/dtd/cjsl-{version}.dtd">\n'
)
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#09;"})


def spec_element(job: JobSpec) -> ET.Element:
    """Return ``<spec>`` without depends."""
    root = ET.Element("spec")
    _text(root, "facility", job.facility or None)
    _text(root, "show", job.show)
    _text(root, "shot", job.shot)
    _text(root, "user", job.user)
    _text(root, "email", job.email or None)
    _text(root, "uid", None if job.uid is None else str(job.uid))
    _write_job(root, job)
    return root


def write_depends(root: ET.Element, job: JobSpec, edges: Iterable[CuebotDepend]) -> None:
    """Append ``<depends>``, if there are any."""
    depends = ET.Element("depends")
    name = wire_job_name(job.title)
    for other in job.after:
        element = ET.SubElement(depends, "depend", type="JOB_ON_JOB", anyframe="False")
        _text(element, "depjob", name)
        _text(element, "onjob", other)
    for edge in edges:
        write_edge(depends, name, edge)
    if len(depends):
        root.append(depends)


def write_edge(depends: ET.Element, job: str, edge: CuebotDepend) -> None:
    """Append a ``<depend>`` inside a job, which is given by its name on the wire."""
    element = ET.SubElement(depends, "depend", type=edge.type, anyframe=str(edge.any_frame))
    _text(element, "depjob", job)
    _text(element, "deplayer", edge.layer)
    _text(element, "depframe", edge.frame)
    _text(element, "onjob", job)
    _text(element, "onlayer", edge.on_layer)
    _text(element, "onframe", edge.on_frame)


def text_of(root: ET.Element, version: str = "1.15") -> str:
    """Return the text of a specification.

    Args:
        root: The ``<spec>``.
        version: The version that it keeps to.

    Raises:
        SpecError: A text in it has a character that no XML holds.
    """
    refuse_control_characters(root)
    pieces = [_DOCTYPE.format(version=version)]
    _write(root, pieces.append)
    pieces.append("\n")
    return "".join(pieces)


def _write(element: ET.Element, add: Callable[[str], None]) -> None:
    """Add the text of an element as ElementTree writes it; looking for namespaces would take half of the time."""
    tag, text = element.tag, element.text
    add(f"<{tag}")
    for key, value in element.items():
        add(f' {key}="{value.translate(_IN_ATTRIBUTE)}"')
    if not text and not len(element):
        add(" />")
        return
    add(f">{_escaped(text)}" if text else ">")
    for child in element:
        _write(child, add)
    add(f"</{tag}>")


def _escaped(text: str) -> str:
    """Return a text between tags; most have nothing to escape."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return text.translate(_IN_TEXT)
    return text


def refuse_control_characters(root: ET.Element) -> None:
    """Raise SpecError for a character that no XML holds."""
    for element in root.iter():
        text = element.text
        found = find_not_xml(text) if text else None
        if text and found is not None:
            raise SpecError(
                thing=f"<{element.tag}> {text[:60]!r}",
                reason=f"XML cannot hold the character {found!r}",
                remedy="put it into a script or a file",
            )


def _write_job(root: ET.Element, spec: JobSpec) -> None:
    job = ET.SubElement(root, "job", name=wire_job_name(spec.title))
    _text(job, "paused", str(spec.paused))
    _text(job, "priority", str(spec.priority))
    _text(job, "maxretries", str(spec.max_retries))
    _text(job, "maxcores", None if spec.max_cores < 0 else str(whole_cores(spec.max_cores)))
    _text(job, "maxgpus", None if spec.max_gpus is None else str(spec.max_gpus))
    _text(job, "autoeat", str(spec.autoeat))
    if spec.local_booking:
        ET.SubElement(job, "localbook", dict(spec.local_booking))
    _text(job, "os", spec.os or None)
    _env(job, spec.env)
    layers = ET.SubElement(job, "layers")
    for layer in spec.layers:
        _write_layer(layers, layer)


def whole_cores(cores: float) -> int:
    """Return the cores a job may use; OpenCue takes whole ones only."""
    return max(1, int(cores))


def _write_layer(layers: ET.Element, layer: LayerSpec) -> None:
    element = ET.SubElement(layers, "layer", name=layer.name, type=layer.kind)
    _text(element, "cmd", layer.command)
    _text(element, "range", layer.range)
    _text(element, "chunk", str(layer.chunk))
    for tag, text in _resources(layer):
        _text(element, tag, text)
    _text(element, "tags", " | ".join(layer.tags) or None)
    if layer.limits:
        _list(ET.SubElement(element, "limits"), "limit", layer.limits)
    _env(element, layer.env)
    _list(ET.SubElement(element, "services"), "service", layer.services)
    if layer.outputs:
        outputs = ET.SubElement(element, "outputs")
        for name, path in zip(layer.output_names, layer.outputs, strict=True):
            ET.SubElement(outputs, "output", name=name).text = path


def _resources(layer: LayerSpec) -> Iterator[tuple[str, str]]:
    """Yield what a frame asks for, but for what is left to the service."""
    unset = layer.unset
    if "cores" not in unset:
        yield "cores", _with_dot(layer.cores)
    if "threadable" not in unset:
        yield "threadable", str(layer.threadable)
    if "memory_mb" not in unset:
        yield "memory", f"{layer.memory_mb}m"
    if "gpus" not in unset:
        yield "gpus", str(layer.gpus)
    if "gpu_memory_mb" not in unset:
        yield "gpu_memory", f"{layer.gpu_memory_mb}m"
    if "timeout_s" not in unset:
        yield "timeout", str(layer.timeout_s // 60)
    if "timeout_llu_s" not in unset:
        yield "timeout_llu", str(layer.timeout_llu_s // 60)


def _with_dot(cores: float) -> str:
    """Return cores with a dot: without one OpenCue takes them for hundredths."""
    text = f"{cores:.2f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _text(parent: ET.Element, tag: str, text: str | None) -> None:
    if text is not None:
        ET.SubElement(parent, tag).text = text


def _list(parent: ET.Element, tag: str, texts: Iterable[str]) -> None:
    for text in texts:
        _text(parent, tag, text)


def _env(parent: ET.Element, env: Mapping[str, str]) -> None:
    if env:
        element = ET.SubElement(parent, "env")
        for key, value in env.items():
            ET.SubElement(element, "key", name=key).text = value

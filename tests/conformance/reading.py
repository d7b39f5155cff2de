"""A job specification as a Cuebot 1.15 reads it: what two XML texts have to agree in to be the same job.

Cores are core points, memory is KB, frames are lists, names are in normal form.

Source:
    Cuebot's job spec reader and launcher, as observed; the rules are independent of ours in `outline.spec`.
"""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from typing import Any

_SECTION = re.compile(r"(-?\d+)(?:-(-?\d+)(?:([xy:])(-?\d+))?)?$")
LEAST_MEMORY_KB = 262_144
LEAST_CORE_POINTS, ONE_CORE, MOST_CORE_POINTS = 10, 100, 2_400


class RefusedError(Exception):
    """A Cuebot would not take the specification."""


def read(xml: str) -> dict[str, Any]:
    """Return the facts of a specification, nested; raises RefusedError."""
    root = ET.fromstring(xml)
    job = _one(root, "job")
    return {
        "facility": (root.findtext("facility") or "").lower() or None,
        "show": root.findtext("show"),
        "shot": _name(root.findtext("shot") or ""),
        "user": _user(root.findtext("user") or ""),
        "email": root.findtext("email"),
        "uid": root.findtext("uid"),
        "job": job_name(job.get("name") or ""),
        "paused": _boolean(job.findtext("paused")),
        "priority": int(job.findtext("priority") or 1),
        "maxretries": max(0, min(1, int(job.findtext("maxretries") or 1))),
        "maxcores": _whole_cores(job.findtext("maxcores")),
        "maxgpus": _number(job.findtext("maxgpus")),
        "autoeat": _boolean(job.findtext("autoeat")),
        "localbook": None if job.find("localbook") is None else dict(_one(job, "localbook").attrib),
        "os": job.findtext("os") or None,
        "env": _env(job),
        "layers": {_name(each.get("name") or ""): _layer(each) for each in job.iter("layer")},
        "depends": sorted(_depend(each) for each in root.iter("depend")),
    }


def _one(parent: ET.Element, tag: str) -> ET.Element:
    found = parent.find(tag)
    if found is None:
        raise RefusedError(f"no <{tag}>")
    return found


def _name(text: str) -> str:
    name = text.replace("-", "_").lower()
    if not re.fullmatch(r"[\w.-]{3,}", name):
        raise RefusedError(f"name {text!r}")
    return name


def job_name(text: str) -> str:
    """Return the normal form of a job's name, without its prefix."""
    name = re.sub("_+", "_", text.lower()).replace("-", "_")
    if not re.fullmatch(r"[\w.-]{3,}", name):
        raise RefusedError(f"name {text!r}")
    return name.lstrip("_")


def _user(text: str) -> str:
    if text == "root":
        raise RefusedError("Cannot launch jobs as root")
    return text


def _boolean(text: str | None) -> bool:
    return (text or "").lower() in {"true", "yes", "1", "on"}


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _whole_cores(text: str | None) -> int | None:
    return None if text is None else int(text) * 100


def _env(parent: ET.Element) -> dict[str, str]:
    first = parent.find("env")
    return {} if first is None else {k.get("name", ""): (k.text or "").strip() for k in first}


def _layer(element: ET.Element) -> dict[str, Any]:
    points = core_points(element.findtext("cores"))
    threadable = element.findtext("threadable")
    return {
        "type": element.get("type"),
        "command": _command(element.findtext("cmd") or ""),
        "frames": tasks(element.findtext("range") or "", int(element.findtext("chunk") or 1)),
        "core_points": points,
        "threadable": False if _is_small(points) else (threadable and _boolean(threadable)),
        "memory_kb": memory_kb(element.findtext("memory")),
        "gpus": _number(element.findtext("gpus")),
        "gpu_memory_kb": gpu_memory_kb(element.findtext("gpu_memory")),
        "timeout": _number(element.findtext("timeout")),
        "timeout_llu": _number(element.findtext("timeout_llu")),
        "tags": _tags(element.findtext("tags")),
        "limits": [each.text for each in element.iter("limit")],
        "env": _env(element),
        "services": [each.text for each in element.iter("service")],
        "outputs": sorted({each.text or "" for each in element.iter("output")}),
    }


def _is_small(points: int | None) -> bool:
    return points is not None and 0 < points < ONE_CORE


def core_points(text: str | None) -> int | None:
    """Return core points: with a dot cores, without one points already; None when the service decides."""
    if text is None:
        return None
    points = int(abs(float(text)) * 100 + 0.5) if "." in text else abs(int(text))
    if float(text) <= 0:
        return -points
    return ONE_CORE if points < LEAST_CORE_POINTS else min(points, MOST_CORE_POINTS)


def memory_kb(text: str | None) -> int | None:
    """Return KB: ``m`` is MB, ``g`` and nothing are whole GB; raises RefusedError for other text."""
    return None if text is None else max(_kb(text.lower()), LEAST_MEMORY_KB)


def gpu_memory_kb(text: str | None) -> int | None:
    """Return KB as `memory_kb`, but 0 for what cannot be read."""
    try:
        return None if text is None else _kb(text.lower())
    except RefusedError:
        return 0


def _kb(text: str) -> int:
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)m", text):
        return int(float(match[1]) * 1024)
    if match := re.fullmatch(r"(\d+)g?", text):
        return int(match[1]) * 1024 * 1024
    raise RefusedError(f"memory {text!r}")


def _tags(text: str | None) -> list[str] | None:
    if text is None:
        return None
    tags = text.replace(" ", "").split("|")
    for tag in tags:
        if not re.fullmatch(r"[\w.-]{3,}", tag):
            raise RefusedError(f"tag {tag!r}")
    return tags


def tasks(text: str, chunk: int) -> list[int]:
    """Return the number each frame object is named after, in order; raises RefusedError."""
    frames = list(dict.fromkeys(frame for part in text.split(",") for frame in _section(part)))
    if chunk <= 1:
        return frames
    return frames[::chunk]


def _section(text: str) -> list[int]:
    match = _SECTION.match(text)
    if match is None:
        raise RefusedError(f"range {text!r}")
    first, last = int(match[1]), int(match[2] or match[1])
    step = int(match[4] or (1 if last >= first else -1))
    if step == 0 or (step > 1 and last < first) or (step < 0 and last >= first):
        raise RefusedError(f"range {text!r}")
    if match[3] == ":":
        return _interleaved(first, last, step)
    frames = _every(first, last, step)
    if match[3] == "y":
        return [each for each in _every(first, last, 1 if step > 0 else -1) if each not in frames]
    return frames


def _every(first: int, last: int, step: int) -> list[int]:
    return list(range(first, last + (1 if step > 0 else -1), step))


def _interleaved(first: int, last: int, step: int) -> list[int]:
    frames: list[int] = []
    size, sign = abs(step), 1 if step > 0 else -1
    while size:
        frames += [each for each in _every(first, last, size * sign) if each not in frames]
        first += sign
        size //= 2
    return frames


def _command(text: str) -> list[str]:
    """Return what a shell makes of a command; for a frame of pycuerun only which layer it executes."""
    if match := re.search(r"-e ['\"]?#IFRAME#-([\w.-]+)", text):
        return ["pycuerun", match[1]]
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    return list(lexer)


def _depend(element: ET.Element) -> str:
    """Return a depend as one line."""
    kind, any_frame = element.get("type") or "", _boolean(element.get("anyframe"))
    er, on = (_end(element, side) for side in ("dep", "on"))
    return f"{er} {kind}{' any' if any_frame else ''} {on}"


def _end(element: ET.Element, side: str) -> str:
    frame, layer = element.findtext(f"{side}frame"), element.findtext(f"{side}layer")
    job = element.findtext(f"{side}job") or ""
    return frame or (_name(layer) if layer else job_name(job))


def flatten(facts: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested dicts as one, keys joined by dots."""
    if not isinstance(facts, dict) or prefix.endswith(("env", "localbook")):
        return {prefix: facts}
    found: dict[str, Any] = {}
    for key, value in facts.items():
        found.update(flatten(value, f"{prefix}.{key}" if prefix else key))
    return found

"""What people set of a job, a layer or a frame beyond its rows: kept as records, forgotten with the job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.setup.settings import FrameSettings, JobSettings, LayerSettings
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError

MAX_OUTPUTS, MAX_OUTPUT_LENGTH = 1000, 4096
MAX_OVERRIDES, MAX_OVERRIDE_LENGTH = 8, 32
"""States a frame can be shown differently in, and characters of the text."""


def set_of_job(farm: Farm, job: Job, decision: Decision, **changes: Any) -> None:
    """Change settings of a job; it obeys from the next start of a frame on."""
    job.settings = replace(job.settings, **changes)
    farm.records.put(job.settings, decision)


def layer_settings(job: Job, layer: Layer) -> LayerSettings:
    """Return what is set of a layer beyond its rows."""
    return layer.settings_of(ids.part_id(job.id, ids.Kind.LAYER, layer.index))


def set_of_layer(farm: Farm, job: Job, layer: Layer, decision: Decision, **changes: Any) -> None:
    """Change settings of a layer; timeouts hold for frames that run already too."""
    layer.settings = replace(layer_settings(job, layer), **changes)
    farm.records.put(layer.settings, decision)


def register_output(farm: Farm, job: Job, layer: Layer, path: str, decision: Decision) -> None:
    """Note a path that a layer makes, for people to see; one that is known is not noted again.

    Raises:
        InvalidRequestError: It is empty or too long, or one too many.
    """
    outputs = layer_settings(job, layer).outputs
    if not path or len(path) > MAX_OUTPUT_LENGTH or len(outputs) >= MAX_OUTPUTS:
        reason = f"a layer has up to {MAX_OUTPUTS} of 1 to {MAX_OUTPUT_LENGTH} characters"
        raise InvalidRequestError(
            request=f"register an output of layer {layer.name}", reason=reason
        )
    if path not in outputs and path not in layer.spec.outputs:
        set_of_layer(farm, job, layer, decision, outputs=(*outputs, path))


def frame_settings(farm: Farm, job: Job, index: int) -> FrameSettings:
    """Return what somebody has set of a frame."""
    frame_id = job.frame_id(index)
    return farm.records.find(FrameSettings, frame_id) or FrameSettings(id=frame_id)


def set_checkpoint(farm: Farm, job: Job, index: int, state: int, decision: Decision) -> None:
    """Note how far a frame's program is with a checkpoint."""
    changed = replace(frame_settings(farm, job, index), checkpoint=state)
    farm.records.put(changed, decision)


def show_as(
    farm: Farm,
    job: Job,
    index: int,
    override: tuple[int, str, int, int, int],
    decision: Decision,
) -> None:
    """Have a state of a frame shown with another text and colour; the latest of a state counts.

    Raises:
        InvalidRequestError: The text is too long, or a colour is none.
    """
    state, text, *colour = override
    if len(text) > MAX_OVERRIDE_LENGTH or not all(0 <= part <= 255 for part in colour):
        raise InvalidRequestError(
            request=f"show frame {job.frame_name(index)} differently",
            reason=f"use a text of at most {MAX_OVERRIDE_LENGTH} characters, and colours of 0 to 255",
        )
    known = frame_settings(farm, job, index)
    others = tuple(each for each in known.shown_as if each[0] != state)
    farm.records.put(replace(known, shown_as=(*others, override)), decision)
    job.touch(index)


def forget_settings(farm: Farm, job: Job, decision: Decision) -> None:
    """Drop what was set of a job that is forgotten, and of its layers and frames."""
    for kind in (JobSettings, LayerSettings, FrameSettings):
        for record in farm.records.all(kind):
            if record.id[: ids.SHARED] == job.id[: ids.SHARED]:
                farm.records.remove(record, decision)

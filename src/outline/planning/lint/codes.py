"""Every finding a plan can have: its code, what it means, and what severity it usually has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        # The script.
        "P001": "the script failed",
        "P002": "the definition is refused",
        "P003": "there is nothing to plan",
        "P004": "the script goes on after its launch",
        "P005": "a layer's setup may change the plan",
        "P006": "a layer is in no outline",
        "P007": "nothing reads an argument",
        # Who waits for whom.
        "P101": "layers wait for each other in a cycle",
        "P102": "an edge guards nothing",
        "P103": "no frame has a counterpart",
        "P104": "some frames have no counterpart",
        "P105": "a depend names an unknown layer",
        # Frames.
        "P201": "the ranges of layer and outline have no frame in common",
        "P202": "frames run zero times",
        "P203": "a frame is named twice",
        "P204": "a chunk would skip frames",
        "P205": "every frame runs the same command",
        "P206": "nobody replaces a token",
        "P207": "a list is written for a shell",
        "P208": "a layer's frames do nothing",
        # Limits of OpenCue.
        "P301": "too many frames",
        "P302": "too many layers",
        "P303": "retries are not as written",
        "P304": "the backend refuses the job",
        "P305": "the backend does something else",
        # Resources.
        "P401": "no host can meet a reservation",
        "P402": "a reservation is lowered",
        "P403": "a reservation is too small for anything",
        # Environment, outputs, names.
        "P501": "an environment value contains '='",
        "P601": "two layers write the same output",
        "P701": "OpenCue changes a name",
        "P702": "two layers have the same name",
        "P703": "OpenCue cannot take a name",
        "P704": "no job can have a name of the shell",
        # The farm of a Cuebot.
        "P801": "the farm has no such show",
        "P802": "the show takes no jobs",
        "P803": "no host runs frames of the job",
        "P804": "the show is held",
        "P805": "a limit is not set",
        "P806": "a job of that name has not ended",
        "P807": "OpenCue spells the show otherwise",
        "P808": "nobody here has the user's name",
        "P809": "the job is somebody else's",
        "P810": "something of this shell stays behind",
        "P811": "paths are mapped here, not on the hosts",
        "P812": "a Post layer runs as another user",
        "P813": "the farm could not be asked",
    }
)
"""The codes, which are stable: a code that is given up is not used again."""

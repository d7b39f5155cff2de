"""What an older Cuebot does not know of a specification: it is left out, and said."""

from __future__ import annotations

import re

from outline import config
from outline._targets import limitation
from outline._targets.limitation import Limitation
from outline.exception import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Iterator

NEWEST = "1.15"
"""The version that is written where ``spec_version`` in ``outline.cfg`` says nothing."""
_SINCE = {
    "timeout": (1, 10),
    "timeout_llu": (1, 10),
    "priority": (1, 11),
    "gpus": (1, 12),
    "gpu_memory": (1, 12),
    "maxcores": (1, 13),
    "maxgpus": (1, 13),
    "outputs": (1, 15),
}
"""The version that an element of a job or of a layer came with."""
_USUAL = {"priority": "1"}
"""What an element says when nobody has asked for anything; leaving it out changes nothing."""
_REMEDY = "update the Cuebot, and spec_version in outline.cfg with it"


def wanted() -> str:
    """Return the version that the configuration asks for.

    Raises:
        SpecError: It is none.
    """
    text = config.get_option("spec_version").strip()
    if not re.fullmatch(r"1\.\d{1,2}", text):
        reason = f"is no version of the specification such as {NEWEST}"
        raise SpecError(thing=f"spec_version {text!r} in outline.cfg", reason=reason)
    return text


def fit(root: ET.Element, version: str) -> tuple[Limitation, ...]:
    """Take out of a ``<spec>`` what a version does not know; return what is lost by that."""
    if version == NEWEST:
        return ()
    known = tuple(map(int, version.split(".")))
    return tuple(_take_out(root, known, version))


def _take_out(root: ET.Element, known: tuple[int, ...], version: str) -> Iterator[Limitation]:
    for parent in (*root.iter("job"), *root.iter("layer")):
        for child in list(parent):
            if _SINCE.get(child.tag, known) <= known:
                continue
            parent.remove(child)
            if child.text == _USUAL.get(child.tag, ""):
                continue
            text = f"{parent.tag} {parent.get('name')}: {child.tag} is left out, spec_version {version} has none"
            yield Limitation(limitation.SPEC_VERSION, text, remedy=_REMEDY)

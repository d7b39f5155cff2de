"""What runs in place of the command that stock PyOutline writes for a layer, where its job brings no environment.

Its pycuerun asks PATH for ``python``, which on a farm is not the one it is installed for; and the wrappers that come
with it are written in tcsh for one studio, whose shell set-up, programs and folders a machine of its own has not.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PLAIN = r"[\w./:=@%+,-]+"
_PYCUERUN = re.compile(
    rf"(?:^|\s)(?P<site>(?P<prefix>/{_PLAIN})/lib/(?P<python>python3\.\d+)/site-packages)/bin/pycuerun(?=\s|$)"
)
_WRAPPED = re.compile(
    rf"(?P<wrapper>(?P<site>/{_PLAIN})/wrappers/opencue_wrap_frame(?:_no_ss)?)\s+(?P<folder>/{_PLAIN})\s+"
    r"(?P<pycuerun>(?P=site)/bin/pycuerun)(?=\s|$)"
)


class Fitted(NamedTuple):
    """A command line, and what of it comes out differently from what was asked."""

    text: str
    note: str = ""


def fit(text: str) -> Fitted:
    """Return what the shell gets for a command line.

    Args:
        text: The line as the client wrote it; one without the pycuerun of a Python's own packages stays as it is.
    """
    found = _PYCUERUN.search(text)
    if found is None:
        return Fitted(text)
    path = f'PATH="{found["prefix"]}/bin:$PATH"; export PATH; '
    wrapped = _WRAPPED.match(text)
    if wrapped is None:
        return Fitted(path + text)
    enter = f"cd {wrapped['folder']} 2>/dev/null; "
    run = f"exec {found['python']} {wrapped['pycuerun']}{text[wrapped.end() :]}"
    return Fitted(
        path + enter + run,
        f"note     left out, for it needs a studio's own set-up: {wrapped['wrapper']}",
    )

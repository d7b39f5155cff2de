"""Text of others on a terminal: shown, never obeyed."""

from __future__ import annotations

import codecs
import re

_DRIVING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Characters that move the cursor, colour, retitle, or turn what follows around."""


class Harmless:
    """Turns bytes, block by block, into text without control characters.

    A carriage return becomes a new line, so that nothing is written over what stands there.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ends_with_return = False

    def feed(self, block: bytes) -> bytes:
        """Return a block as it may be shown; half a character waits for the next one."""
        text = self._decoder.decode(block)
        if self._ends_with_return:
            text = text.removeprefix("\n")
        self._ends_with_return = text.endswith("\r")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return _DRIVING.sub("?", text).encode()

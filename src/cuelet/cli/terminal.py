"""Text of others on a terminal: shown, never obeyed."""

from __future__ import annotations

import codecs
import unicodedata

_DRIVING = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of characters that move the cursor, colour, retitle, or turn what follows around."""


class _Shown(dict[int, str]):
    """What stands for a character, by its number; learned as characters come."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        drives = char not in "\n\t" and unicodedata.category(char) in _DRIVING
        self[code] = "?" if drives else char
        return self[code]


class Harmless:
    """Turns bytes, block by block, into text without control characters.

    A carriage return becomes a new line, so that nothing is written over what stands there.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = _Shown()
        self._ends_with_return = False

    def feed(self, block: bytes) -> bytes:
        """Return a block as it may be shown; half a character waits for the next one."""
        text = self._decoder.decode(block)
        if self._ends_with_return:
            text = text.removeprefix("\n")
        self._ends_with_return = text.endswith("\r")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.translate(self._shown).encode()


_SHOWN = _Shown()


def readable(text: str, most: int) -> str:
    """Return a text without control characters, cut in the middle where it is longer than can be read."""
    if len(text) > most:
        half = most // 2
        text = f"{text[:half]}... [{len(text):,} characters] ...{text[-half:]}"
    return text.translate(_SHOWN)


def one_line(text: str, most: int) -> str:
    """Return a text as one readable line."""
    return readable(" ".join(text.split()) if "\n" in text else text, most)

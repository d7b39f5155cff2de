"""What a frame printed is shown on a terminal and never obeyed."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from cuelet.cli.terminal import Harmless


def shown(*blocks: bytes) -> str:
    harmless = Harmless()
    return b"".join(harmless.feed(block) for block in blocks).decode()


@given(st.lists(st.binary(max_size=20)))
@example([b"\x1b]0;title\x07", b"\x1b[2J", b"\xc2\x9b31m", "\u202eevil\xad".encode()])
def test_nothing_that_drives_a_terminal_gets_through(blocks: list[bytes]) -> None:
    for char in shown(*blocks):
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp"), char


@given(st.text(), st.integers(1, 7))
def test_where_it_is_cut_does_not_matter(text: str, size: int) -> None:
    data = text.encode("utf-8", "replace")
    parts = [data[at : at + size] for at in range(0, len(data), size)]

    assert shown(*parts).rstrip("\n") == shown(data).rstrip("\n")


def test_plain_text_stays_as_it_is() -> None:
    text = "frame 12\tdone: 100 %\nÄ 漢字 🎬\n"

    assert shown(text.encode()) == text


def test_what_a_progress_bar_wrote_over_is_kept() -> None:
    assert shown(b"10 %\r20 %\r\ndone", b"\r", b"\nend") == "10 %\n20 %\ndone\nend"

"""The tutorials and how-to pages, block by block as printed, each page on a farm of its own.

A fenced block marked ``python``, ``bash`` or ``console`` is executed; blocks of one page run in order in one folder.
HTML comments in front of a block say more:

* ``<!-- file: job.py -->``: the block, of any language, is written to that file instead.
* ``<!-- prints: text -->``: the output contains the text; may be given several times.
* ``<!-- exit: 7 -->``: the exit status of the last command; 0 when nothing is said.
* ``<!-- not run: reason -->``: the block is left out.

In a ``console`` block the lines after ``$ `` are commands, the others are lines of their output:
any number may stand for any other, any run of spaces for any other, and ``...`` for anything.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import FarmBox

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs/tutorial").glob("*.md"), *(ROOT / "docs/how-to").glob("*.md")])
EXECUTED = {"python", "bash", "console"}

_COMMENT = re.compile(r"<!--\s*(file|prints|exit|not run):\s*(.*?)\s*-->\Z")
_FENCE = re.compile(r"```(\w*)\s*\Z")


@dataclass
class Block:
    """One fenced block and what the comments in front of it say."""

    line: int
    language: str
    text: str
    file: str = ""
    prints: list[str] = field(default_factory=list)
    exit: int = 0
    reason: str = ""

    @property
    def commands(self) -> str:
        """What is executed."""
        if self.language != "console":
            return self.text
        lines = (line for line in self.text.splitlines() if line.startswith("$ "))
        return "\n".join(line[2:] for line in lines) + "\n"

    @property
    def shown(self) -> list[str]:
        """The lines of output that a console block shows."""
        if self.language != "console":
            return []
        lines = self.text.splitlines()
        return [line for line in lines if line.strip(" .") and not line.startswith("$ ")]


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    notes: list[tuple[str, str]] = []
    at = 0
    while at < len(lines):
        if note := _COMMENT.match(lines[at]):
            notes.append((note[1], note[2]))
        elif fence := _FENCE.match(lines[at]):
            end = lines.index("```", at + 1)
            yield _block(at + 1, fence[1], lines[at + 1 : end], notes)
            notes, at = [], end
        elif lines[at].strip():
            assert not notes, f"{page.name}:{at + 1}: {notes} stands in front of no block"
        at += 1


def _block(line: int, language: str, lines: list[str], notes: list[tuple[str, str]]) -> Block:
    block = Block(line, language, "\n".join(lines) + "\n")
    for kind, text in notes:
        if kind == "file":
            block.file = text
        elif kind == "prints":
            block.prints.append(text)
        elif kind == "exit":
            block.exit = int(text)
        else:
            block.reason = text
            assert text, f"line {line}: say why the block is not run"
    return block


def pattern_of(shown: str) -> str:
    """Return what a printed line has to match for a line that a page shows."""
    parts = re.split(r"(\d+(?:\.\d+)?|\s+|\.\.\.)", shown.strip())
    return "".join(map(_pattern_of_part, parts))


def _pattern_of_part(part: str) -> str:
    if part == "...":
        return ".*"
    if re.fullmatch(r"\d+(?:\.\d+)?", part):
        return r"\d+(?:\.\d+)?"
    return r"\s+" if part.isspace() else re.escape(part)


@pytest.fixture
def reader(farm: FarmBox) -> FarmBox:
    """Return a running farm of a user called ada, with our commands on PATH."""
    farm.env |= {"USER": "ada", "PATH": f"{Path(sys.executable).parent}:{farm.env['PATH']}"}
    farm.env.pop("PYTHONWARNINGS", None)
    return farm


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_a_page_does_what_it_says(page: Path, reader: FarmBox) -> None:
    folder = reader.home / "page"
    folder.mkdir()

    for block in blocks_of(page):
        if block.reason:
            continue
        if block.file:
            target = folder / block.file.replace("~", str(reader.home))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language in EXECUTED:
            _execute(block, f"{page.name}:{block.line}", folder, reader)


def _execute(block: Block, where: str, folder: Path, reader: FarmBox) -> None:
    if block.language == "python":
        argv = [sys.executable, "-c", block.commands]
    else:
        argv = ["bash", "-c" if block.exit else "-ec", block.commands]
    done = subprocess.run(
        argv,
        cwd=folder,
        env=reader.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    told = f"{where}: exit {done.returncode}\n{block.commands}--\n{done.stdout}"
    assert done.returncode == block.exit, told
    for text in block.prints:
        assert text in done.stdout, f"{text!r} is missing; {told}"
    for line in block.shown:
        assert re.search(pattern_of(line), done.stdout), f"{line!r} is missing; {told}"


def test_every_block_of_a_shown_command_line_is_marked() -> None:
    known = EXECUTED | {"text", "ini", "json", "yaml", "xml"}

    odd = [
        f"{page.name}:{block.line}: {block.language or 'no language'}"
        for page in PAGES
        for block in blocks_of(page)
        if block.language not in known
    ]

    assert odd == []

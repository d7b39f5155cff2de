"""The two documents the product comes from: their code blocks, and stand-ins for the programs they name."""

from __future__ import annotations

import os
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)

RECORDER = r"""#!/bin/sh
# Notes start, arguments and end of a frame; fails where it is told to.
sep=$(printf '\037')
line="S$sep$CUE_LAYER$sep$CUE_IFRAME$sep${0##*/}"
for word in "$@"; do line="$line$sep$word"; done
printf '%s\n' "$line" >> "$RECORD_FILE"
case ",$RECORD_FAIL," in *",$CUE_LAYER:$CUE_IFRAME,"*) echo "told to fail" >&2; exit 9;; esac
printf '%s\n' "E$sep$CUE_LAYER$sep$CUE_IFRAME" >> "$RECORD_FILE"
"""

PY_RECORDER = r"""
import os, sys
layer, frame = os.environ["CUE_LAYER"], os.environ["CUE_IFRAME"]
def note(*words):
    with open(os.environ["RECORD_FILE"], "a") as record:
        record.write("\037".join(words) + "\n")
note("S", layer, frame, os.path.basename(sys.argv[0]), *sys.argv[1:])
if f"{layer}:{frame}" in os.environ.get("RECORD_FAIL", "").split(","):
    sys.exit("told to fail")
note("E", layer, frame)
"""


def seeds_dir() -> Path:
    """Return the folder of the documents; skip the test where they are not there."""
    candidates = [os.environ.get("CUELET_SEEDS"), _HERE.parent / "shared" / "seeds"]
    for candidate in candidates:
        if candidate and Path(candidate).is_dir():
            return Path(candidate)
    pytest.skip("the seed documents are not here; set CUELET_SEEDS to their folder")


def _document(title: str) -> str:
    for path in sorted(seeds_dir().iterdir()):
        text = path.read_text(encoding="utf-8")
        if title in text[:400]:
            return text
    pytest.fail(f"no document called {title!r} in {seeds_dir()}")


def tutorial_blocks(language: str = "python") -> list[str]:
    """Return the code blocks of the multi-layer tutorial, in order."""
    text = _document("Creating Multi-Layer Jobs")
    found = [textwrap.dedent(m[3]) for m in _BLOCK.finditer(text) if m[2] == language]
    assert found
    return found


def tutorial_block(containing: str, language: str = "python") -> str:
    """Return the one block of the tutorial that contains a text."""
    found = [block for block in tutorial_blocks(language) if containing in block]
    assert len(found) == 1, containing
    return found[0]


def guide_lines() -> list[str]:
    """Return the lines of the sessions guide, whose indentation is lost."""
    return _document("PyOutline Sessions and Data Exchange").splitlines()


def guide_block(first: str, last: str) -> str:
    """Return the guide's lines between two lines (both included), indented again."""
    lines = guide_lines()
    start = next(i for i, line in enumerate(lines) if line.startswith(first))
    end = next(i for i in range(start, len(lines)) if lines[i].startswith(last))
    return indent_again(lines[start : end + 1])


def indent_again(lines: list[str]) -> str:
    """Give Python its indentation back, for code as simple as the guide's.

    A line that ends in a colon opens a block; a class body ends where a line can only be top level.
    """
    out: list[str] = []
    depth, depths, brackets = 0, list[int](), 0
    for raw in lines:
        line = raw.strip()
        top = re.match(
            r"(class |from |import |ol = |ol\.|render = |composite|render\.|# Copy|settings)", line
        )
        if re.match(r"def \w+\(self", line):
            depth, depths = 1, [0]
        elif top and not brackets and not _inside_for(out, depth, line):
            depth, depths = 0, []
        out.append("    " * depth + line)
        brackets += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if line.endswith(":") and not brackets:
            depths.append(depth)
            depth += 1
    return "\n".join(out) + "\n"


def _inside_for(out: list[str], depth: int, line: str) -> bool:
    """Tell whether a line that looks like top level belongs to the loop above it."""
    return depth == 3 and line.startswith("render = self.")


@dataclass
class Event:
    """One line of the recorder."""

    kind: str
    layer: str
    frame: str
    argv: list[str]


def read_events(path: Path) -> list[Event]:
    """Return what the recorder noted, in order."""
    events = []
    for line in path.read_text().splitlines():
        kind, layer, frame, *argv = line.split("\037")
        events.append(Event(kind, layer, frame, argv))
    return events


def stand_in_programs(home: Path) -> dict[str, str]:
    """Make the programs and scripts the tutorial names; return the path map that finds them."""
    recorder = home / "stand-in" / "recorder"
    recorder.parent.mkdir(parents=True, exist_ok=True)
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    text = "\n".join(tutorial_blocks())
    for script in set(re.findall(r"/shared(/[\w/]+\.py)\b", text)):
        made = Path(f"{home}/stand-in/shared{script}")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(PY_RECORDER)
    blender = home / "stand-in" / "blender" / "blender"
    blender.parent.mkdir(exist_ok=True)
    blender.write_text(RECORDER)
    blender.chmod(0o755)
    programs = {name: str(recorder) for name in ("nuke", "maya", "houdini", "ffmpeg")}
    return {
        "/shared": f"{home}/stand-in/shared",
        "/usr/local/blender": str(blender.parent),
        **programs,
    }


def write_path_map(home: Path, path_map: dict[str, str]) -> Path:
    """Write an outline.cfg with this path map."""
    config = home / "outline.cfg"
    lines = [f"{old} = {new}" for old, new in path_map.items()]
    config.write_text("[path_map]\n" + "\n".join(lines) + "\n")
    return config

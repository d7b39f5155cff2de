"""Tables that are made from the code; ``python tests/gates/test_docs_rendered.py`` writes them anew."""

from __future__ import annotations

import ast
import enum
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from cuelet.core.values import states
from outline.jobspec import model

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = (DOCS / "explanation" / "states.md", DOCS / "reference" / "cuelet.md")
_MARKED = re.compile(
    r"(?P<head><!-- rendered: (?P<name>[\w ]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL
)


def meanings(cls: type[enum.Enum]) -> dict[str, str]:
    """Return the docstring that stands below each member of an enum."""
    (body,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr):
            assert isinstance(after.value, ast.Constant)
            assert isinstance(before.targets[0], ast.Name)
            found[before.targets[0].id] = str(after.value.value)
    return found


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def frame_states() -> str:
    told = meanings(states.FrameState)
    rows = [
        (
            f"`{state.name}`",
            state.value,
            told[state.name],
            ", ".join(f"`{to.name}`" for to in sorted(states.FRAME_MOVES[state])),
        )
        for state in states.FrameState
    ]
    return table(("state", "number", "meaning", "may become"), rows)


def job_states() -> str:
    told = meanings(states.JobState)
    rows = [(f"`{state.name}`", state.value, told[state.name]) for state in states.JobState]
    return table(("state", "number", "meaning"), rows)


def named(cls: type[enum.Enum], title: str) -> str:
    told = meanings(cls)
    rows = [(f"`{member.value}`", told[member.name]) for member in cls]
    return table((title, "meaning"), rows)


def finding_codes() -> str:
    from outline.planning.lint.codes import CODES

    return table(("code", "meaning"), [(f"`{code}`", text) for code, text in CODES.items()])


RENDERED: dict[str, Callable[[], str]] = {
    "frame states": frame_states,
    "job states": job_states,
    "outcomes": lambda: named(model.Outcome, "outcome"),
    "intents": lambda: named(states.Intent, "intent"),
    "finding codes": finding_codes,
}


def rendered(text: str) -> str:
    """Return a page with its marked tables made anew."""
    return _MARKED.sub(lambda m: m["head"] + RENDERED[m["name"]]() + m["tail"], text)


def test_rendered_tables_say_what_the_code_does() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]

    assert {match["name"] for text in texts for match in _MARKED.finditer(text)} == set(RENDERED)
    for text in texts:
        assert rendered(text) == text, "run python tests/gates/test_docs_rendered.py"


def test_every_state_has_a_meaning_and_every_target_is_a_state() -> None:
    assert set(meanings(states.FrameState)) == set(states.FrameState.__members__)
    assert set(states.FRAME_MOVES) == set(states.FrameState)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rendered(page.read_text(encoding="utf-8")), encoding="utf-8")

"""What a page of reference must name: every command, flag, variable and public name; and links that lead somewhere."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cuelet.core.values.runs import OutputFile, RunRequest, Step
from cuelet.rpc.cuelet.extension import FarmService
from cuelet.rpc.cuelet.upkeep import Upkeep
from cuelet.runner.resident.run import Run
from outline.jobspec.execute import Attempt, Ids, Reserved
from outline.jobspec.model import JobSpec, LayerSpec

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
TOP_PAGES = [ROOT / name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")]
PAGES = [*sorted(DOCS.rglob("*.md")), *TOP_PAGES]


def text_of(name: str) -> str:
    """Return a page of reference without its fenced blocks."""
    return without_blocks((REFERENCE / name).read_text(encoding="utf-8"))


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def flags_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from (flag for flag in action.option_strings if flag not in ("-h", "--help"))


def commands_of(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command that does something, and its flags."""
    groups = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not groups:
        yield name, list(flags_of(parser))
    for group in groups:
        for word, sub in group.choices.items():
            yield from commands_of(sub, f"{name} {word}")


def sections_of(text: str) -> dict[str, str]:
    """Return the text below each heading, by the heading's words."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {
        title.replace("`", ""): body for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def missing(text: str, names: list[str]) -> list[str]:
    """Return the names that nowhere stand in backticks."""
    spans = set(re.findall(r"`([^`]+)`", text))
    words = {word for span in spans for word in re.split(r"[\s,=(]+", span)}
    return [name for name in names if name not in words and name not in spans]


def test_every_cuelet_command_and_flag_has_its_entry() -> None:
    from cuelet.cli.main import COMMANDS, parser_of

    sections = sections_of(text_of("cuelet.md"))
    for command, flags in commands_of(parser_of(name for name, *_ in COMMANDS), "cuelet"):
        assert command in sections, f"no section '## `{command}`'"
        assert missing(sections[command], flags) == [], command


def test_every_exit_code_of_cuelet_has_its_entry() -> None:
    from cuelet.cli.exits import Exit

    assert missing(text_of("cuelet.md"), [str(int(code)) for code in Exit]) == []


def test_every_cueadmin_flag_has_its_entry() -> None:
    from cueadmin.flags import make_parser

    assert missing(text_of("cueadmin.md"), list(flags_of(make_parser()))) == []


def test_every_pycuerun_flag_has_its_entry() -> None:
    from outline._commands.launching import Pycuerun

    command = Pycuerun(lambda place, target: 0)
    command.add_my_options()
    parser = command.get_parser()
    groups = [parser, *parser.option_groups]
    found = {str(option) for group in groups for option in group.option_list}
    flags = [flag for each in found for flag in each.split("/") if flag not in ("-h", "--help")]

    assert len(flags) > 20
    assert missing(text_of("pycuerun.md"), sorted(flags)) == []


def test_every_variable_that_we_read_or_set_has_its_entry() -> None:
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    found = set(re.findall(r"\b(?:CUELET|CUE)_[A-Z_]+[A-Z]\b", code))
    names = {one for one in found if not any(other.startswith(f"{one}_") for other in found)}
    reference = text_of("configuration.md") + text_of("tokens-and-environment.md")

    assert names
    assert missing(reference, sorted(names)) == []


def first_cells(table: str) -> list[str]:
    """Return what stands in the first column of each row."""
    return re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE)


def test_every_variable_of_a_frame_has_its_row() -> None:
    sections = sections_of(text_of("tokens-and-environment.md"))
    told = "\n".join(first_cells(sections["Environment of a frame"]))
    attempt = Attempt(
        job=JobSpec(name="a-b-c_job", show="a", shot="b", user="c", layers=()),
        layer=LayerSpec(name="main", command="x"),
        members=[1],
        number=1,
        reserved=Reserved(cores=1, memory_mb=1),
        ids=Ids(job="j", layer="l", frame="f", log_dir="/logs"),
        host="here",
        cwd="/",
        path_map={"/a": "/b"},
    )
    (step,) = attempt.steps()
    request = RunRequest(
        run_id="f.1",
        steps=(Step(tuple(step.argv), step.env),),
        env_key="j",
        env=attempt.environment(),
        cwd="/",
        log_path="/logs/f",
        outputs=(OutputFile("main/image", ("/a/b",)),),
    )
    env = Run(request, at=0.0, began_s=0.0).build_env({}, "/runner")

    assert {"CUE_JOB", "CUE_IFRAME", "CUELET_RUN_ID", "CUELET_PATH_MAP"} <= env.keys()
    assert missing(told, sorted(env)) == []


def test_every_argument_of_layers_has_its_row() -> None:
    from outline._layer.settings import CHECKS
    from outline._targets.work import _RESOURCES

    told = "\n".join(first_cells(sections_of(text_of("outline.md"))["outline.Layer"]))

    assert missing(told, sorted({*CHECKS, *_RESOURCES})) == []


def test_every_method_of_our_service_has_its_row() -> None:
    nobody: Any = None
    upkeep = Upkeep(nobody, back_up=nobody, shrink=nobody).methods
    service = FarmService(nobody, info=dict, stop=lambda: None, upkeep=upkeep)
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    cells = first_cells(sections_of(page)["Which server is it"])

    assert {"Info", "Backup"} <= service.methods().keys()
    assert sorted(cell.strip("`") for cell in cells[1:]) == sorted(service.methods())


def test_every_setting_of_outline_cfg_has_its_entry() -> None:
    from outline import config
    from outline.cuerun import _DEFAULTS

    assert missing(text_of("configuration.md"), list(config.defaults())) == []
    assert missing(text_of("outline.md"), list(_DEFAULTS)) == []


def test_every_key_of_opencue_yaml_has_its_entry() -> None:
    from opencue.config import DEFAULTS

    assert missing(text_of("configuration.md"), list(DEFAULTS)) == []


def test_every_token_has_its_entry() -> None:
    from outline.jobspec import tokens

    known = list(tokens.values(frame=1, frames=[1], chunk=1, layer="abc", job="def"))
    spans = set(re.findall(r"`([^`]+)`", text_of("tokens-and-environment.md")))
    assert [token for token in known if token not in spans] == []


def public_methods(cls: type) -> list[str]:
    return [
        name
        for name, member in inspect.getmembers(cls)
        if not name.startswith("_")
        and callable(member)
        and not inspect.isclass(member)
        and any(name in vars(base) for base in cls.__mro__ if base is not object)
    ]


def outline_classes() -> list[type]:
    import outline
    from outline import io, util
    from outline.session import Session

    return [outline.Outline, outline.Layer, Session, io.Path, io.FileSpec, util.FrameSet]


def opencue_classes() -> list[type]:
    from opencue import api

    return [api.Job, api.Layer, api.Frame, api.Depend]


def test_every_public_name_of_outline_has_its_entry() -> None:
    import outline
    from outline.depend import DependType
    from outline.modules import shell

    names = [*outline.__all__, *shell.__all__]
    names += [name for cls in outline_classes()[:5] for name in public_methods(cls)]
    names += [name for name in vars(DependType) if name[0].isupper()]

    assert missing(text_of("outline.md"), sorted(set(names))) == []


def test_every_public_name_of_opencue_has_its_entry() -> None:
    import opencue
    from opencue import api

    functions = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]
    methods = [name for cls in opencue_classes() for name in public_methods(cls)]
    names = [*opencue.__all__, *opencue.exception.__all__, *functions, *methods]

    assert missing(text_of("opencue.md"), sorted(set(names))) == []


def anchors_of(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    prose = without_blocks(page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(target), link


def test_every_page_is_on_the_map() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"index.md"}

    assert {page for page in pages if f"({page})" not in index} - {"robustness.md"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_one_sentence_per_line(page: Path) -> None:
    prose = without_blocks(page.read_text(encoding="utf-8"))
    lines = [
        re.sub(r"^ *(\d+\.|\*|-) ", "", line) for line in prose.splitlines() if "|" not in line
    ]

    assert [line for line in lines if re.search(r"(?<!e\.g|i\.e)[.!?] [A-Z]\w+ ", line)] == []

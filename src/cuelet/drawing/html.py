"""A plan as one HTML page that needs nothing else: graph, layers, depends, backends, findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from cuelet.drawing import svg as graph_svg
from cuelet.drawing.style import DARK, FONT, LIGHT, MONO
from cuelet.drawing.words import critical_of, memory_of, style_of, style_words, summary_of
from cuelet.quantities import count
from outline.planning.model import BackendView, Finding, Plan, PlannedEdge, PlannedLayer, Severity

_BACKENDS = {
    "cuelet": "Embedded farm",
    "cue": "Stock Cuebot",
    "local": "Local backend",
}
_NUMBERS = {"Frames", "Chunk", "Cores", "Memory", "Retries"}
"""Columns that stand on the right."""
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(plans: Sequence[Plan], findings: Sequence[Finding]) -> str:
    """Return the page.

    Args:
        plans: The plans of a script, in order.
        findings: What concerns the script rather than one of them.
    """
    title = ", ".join(plan.name for plan in plans) or "nothing to plan"
    body = [*_script_findings(findings)]
    for at, plan in enumerate(plans):
        body += _section(plan, f"p{at}-")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Plan of {escape(title)}</title><style>{_css()}</style></head>"
        f"<body><main>{''.join(body)}"
        "<footer>Planned with Cuelet; nothing was launched.</footer></main></body></html>\n"
    )


def _script_findings(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f"<h2>The script</h2>{_findings(findings)}"


def _section(plan: Plan, prefix: str) -> Iterator[str]:
    yield "<header>"
    yield f'<p class="over">{escape(plan.full_name)}</p><h1>{escape(plan.name)}</h1>'
    yield f'<p class="sub">{escape(summary_of(plan))} · planned for the '
    yield f"{escape(_BACKENDS[plan.backend].lower())}</p>{_counts(plan.findings)}</header>"
    if plan.layers:
        yield f'<div class="canvas">{graph_svg.element(plan, link=prefix, titled=False)}</div>'
    if plan.findings:
        yield f"<h2>Findings</h2>{_findings(plan.findings)}"
    if plan.layers:
        yield f"<h2>Layers</h2>{_layer_table(plan, prefix)}"
    if plan.edges or plan.job_depends:
        yield f"<h2>Who waits for whom</h2>{_edge_table(plan, prefix)}"
    yield f"<h2>Backends</h2>{''.join(map(_backend, plan.backends))}"


def _counts(findings: Sequence[Finding]) -> str:
    chips = []
    for severity in sorted(_WORDS, reverse=True):
        number = sum(each.severity is severity for each in findings)
        if number:
            words = count(number, _WORDS[severity])
            chips.append(f'<span class="chip {severity.word}">{words}</span>')
    return f'<p class="chips">{"".join(chips) or "<span class=chip>no findings</span>"}</p>'


def _findings(findings: Sequence[Finding]) -> str:
    return f'<ul class="findings">{"".join(map(_finding, findings))}</ul>'


def _finding(finding: Finding) -> str:
    place = "" if finding.place is None else f"<code>{escape(str(finding.place))}</code>"
    return (
        f'<li class="{finding.severity.word}"><p><b class="code">{finding.code}</b>'
        f'<span class="severity">{_WORDS[finding.severity]}</span>{place}</p>'
        f'<p>{escape(finding.message)}</p><p class="out">{escape(finding.remedy)}</p></li>'
    )


# Tables.


def _table(titles: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th class="{_align(title)}">{title}</th>' for title in titles)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _align(title: str) -> str:
    return "number" if title in _NUMBERS else "words"


def _layer_table(plan: Plan, prefix: str) -> str:
    path = critical_of(plan)
    critical = () if path is None else path.layers
    titles = (
        "Layer", "Frames", "Range", "Chunk", "Cores", "Memory", "Service", "Retries", "Command",
    )  # fmt: skip
    rows = (_layer_row(layer, prefix, hot=layer.name in critical) for layer in plan.layers)
    return _table(titles, rows)


def _layer_row(layer: PlannedLayer, prefix: str, *, hot: bool) -> str:
    most = "" if layer.max_cores is None else f"–{layer.max_cores:g}"
    cores = "" if layer.cores is None else f"{layer.cores:g}{most}"
    memory = "" if layer.memory_mb is None else memory_of(layer.memory_mb)
    mark = ' <span class="hot" title="on the critical path">critical</span>' if hot else ""
    cells = [
        f'<th scope="row"><i class="dot {layer.type}"></i>{escape(layer.name)}{mark}</th>',
        f'<td class="number">{layer.frames:,}</td>',
        f"<td>{escape(layer.range)}</td>",
        f'<td class="number">{layer.chunk}</td>',
        f'<td class="number">{cores}</td>',
        f'<td class="number">{memory}</td>',
        f"<td>{escape(', '.join(layer.services))}</td>",
        f'<td class="number">{"" if layer.retries is None else layer.retries}</td>',
        f'<td class="command"><code>{escape(layer.command)}</code></td>',
    ]
    return f'<tr id="{escape(prefix + layer.wire_name)}">{"".join(cells)}</tr>'


def _edge_table(plan: Plan, prefix: str) -> str:
    wire = {layer.name: layer.wire_name for layer in plan.layers}
    rows = [_edge_row(edge, wire, prefix) for edge in plan.edges]
    rows += [
        f'<tr><th scope="row">the job</th><td>{escape(job)}</td><td>JOB_ON_JOB</td>'
        "<td>it waits until that job has finished</td></tr>"
        for job in plan.job_depends
    ]
    return _table(("Layer", "waits for", "Type", "In words"), rows)


def _edge_row(edge: PlannedEdge, wire: dict[str, str], prefix: str) -> str:
    er, on = (
        f'<a href="#{escape(prefix + wire[name])}">{escape(name)}</a>'
        for name in (edge.layer, edge.on)
    )
    kind = f'<code title="{escape(style_words(style_of(edge)))}">{edge.type}</code>'
    outcome = "" if edge.outcome == "succeeded" else f" <small>{escape(edge.outcome)}</small>"
    return f'<tr><th scope="row">{er}</th><td>{on}</td><td>{kind}{outcome}</td><td>{escape(edge.text)}</td></tr>'


def _backend(view: BackendView) -> str:
    words = [*(f"refuses it: {each}" for each in view.refused), *view.lowered]
    items = "".join(f"<li>{escape(each)}</li>" for each in words or ["everything as written"])
    return f'<section class="backend"><h3>{_BACKENDS[view.name]}</h3><ul>{items}</ul></section>'


# Style.


def _css() -> str:
    return f"""
* {{ box-sizing: border-box; }}
html {{ scroll-behavior: smooth; }}
body {{ margin: 0; font: 15px/1.5 {FONT}; }}
main {{ max-width: 1480px; margin: 0 auto; padding: 40px 32px 64px; }}
h1 {{ margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }}
h2 {{ margin: 44px 0 12px; font-size: 18px; }}
h3 {{ margin: 0 0 4px; font-size: 14px; }}
header:not(:first-child) {{ margin-top: 72px; }}
.over {{ margin: 0 0 4px; font-size: 13px; overflow-wrap: anywhere; }}
.sub {{ margin: 6px 0 0; }}
.chips {{ display: flex; gap: 8px; margin: 14px 0 22px; }}
.chip {{ padding: 2px 11px; border-radius: 99px; border: 1px solid; font-size: 13px; font-weight: 600; }}
.canvas {{ overflow-x: auto; border: 1px solid; border-radius: 14px; text-align: center; }}
.canvas svg {{ display: block; margin: 0 auto; max-width: 100%; height: auto; }}
.graph a {{ cursor: pointer; }}
.graph a:focus-visible .card, .graph a:hover .card {{ stroke-width: 2.6; }}
.wide {{ overflow-x: auto; border: 1px solid; border-radius: 12px; }}
table {{ width: 100%; border-collapse: collapse; font-size: 14px; }}
th, td {{ padding: 8px 14px; text-align: left; vertical-align: top; border-top: 1px solid; }}
thead th {{ border-top: 0; font-size: 12px; font-weight: 600; white-space: nowrap; }}
tbody th {{ font-weight: 600; white-space: nowrap; }}
tr:target > * {{ animation: flash 1.6s ease-out; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
code {{ font: 12.5px/1.5 {MONO}; }}
.command {{ min-width: 380px; }}
.command code {{ overflow-wrap: anywhere; }}
.dot {{ display: inline-block; width: 9px; height: 9px; border-radius: 3px; margin-right: 9px; }}
.hot {{ font-size: 11px; font-weight: 700; margin-left: 6px; }}
.findings {{ list-style: none; margin: 0; padding: 0; display: grid; gap: 10px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); }}
.findings li {{ padding: 10px 16px; border: 1px solid; border-left-width: 5px; border-radius: 10px; }}
.findings p {{ margin: 0; }}
.code {{ margin-right: 8px; }}
.severity {{ margin-right: 12px; font-size: 13px; font-weight: 600; }}
.backend {{ margin: 0 0 14px; }}
.backend ul {{ margin: 0; padding-left: 18px; }}
footer {{ margin-top: 56px; font-size: 13px; }}
a {{ color: inherit; text-decoration-thickness: 1px; text-underline-offset: 3px; }}
.graph a {{ text-decoration: none; }}
@media (max-width: 640px) {{ main {{ padding: 24px 14px 40px; }} }}
@media (prefers-reduced-motion: reduce) {{ html {{ scroll-behavior: auto; }} tr:target > * {{ animation: none; }} }}
{_coloured(LIGHT)}
@media (prefers-color-scheme: dark) {{ {_coloured(DARK)} }}
"""


def _coloured(colour: dict[str, str]) -> str:
    kinds = "".join(
        f".dot.{k} {{ background: {colour[k]}; }}\n" for k in ("Render", "Util", "Post")
    )
    levels = "".join(
        f".chip.{k}, .{k} .severity, .{k} .code {{ color: {colour[k]}; }} "
        f".findings .{k} {{ border-left-color: {colour[k]}; }}\n"
        for k in ("error", "warning", "info")
    )
    return f"""
body {{ background: {colour["page"]}; color: {colour["text"]}; }}
.over, .sub, thead th, .out, footer, .findings code {{ color: {colour["muted"]}; }}
.canvas, .wide, th, td, .chip, .findings li {{ border-color: {colour["line"]}; }}
.wide, .findings li {{ background: {colour["card"]}; }}
.hot {{ color: {colour["critical"]}; }}
@keyframes flash {{ from {{ background: {colour["chip"]}; }} }}
{kinds}{levels}"""

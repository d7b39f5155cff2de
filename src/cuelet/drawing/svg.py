"""The graph of a plan as SVG: layers are cards, depends are lines whose stroke and tip say what they wait for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator
from xml.sax.saxutils import escape, quoteattr

from cuelet.drawing import style as graph_style
from cuelet.drawing.layout import CARD_HEIGHT, CARD_WIDTH, Card, Drawing, Point, Wire, lay_out
from cuelet.drawing.words import (
    critical_of,
    frames_of,
    resources_of,
    shortened,
    style_of,
    style_words,
    summary_of,
)
from outline.planning.model import Finding, Plan, PlannedLayer, Severity

MARGIN = 36.0
_HEADER = 62.0
_LEGEND = 54.0
_RADIUS = 9.0
_BUCKETS = 72
"""Pieces of the bar that shows which frames a layer has."""
_ORDER = ("frame", "mixed", "whole", "finished", "previous", "first", "any", "nothing")
_SHRINK = 0.8
"""A page may shrink a graph this far; then it scrolls."""
_LETTER = 7.0
"""Width of a letter in a chip, in pixels: a generous guess, fonts differ."""


def render(plan: Plan) -> str:
    """Return a plan's graph as an SVG document without references to anything outside it."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{element(plan)}\n'


def element(plan: Plan, *, link: str = "", titled: bool = True) -> str:
    """Return a plan's graph as an ``<svg>`` element.

    Args:
        plan: The plan.
        link: Cards link to ``#<link><wire name>``; by default they do not.
        titled: Write the job's name above the graph.
    """
    critical = _critical(plan)
    drawing = lay_out(plan, critical)
    legend = list(_legend(plan, hot=bool(critical)))
    top = MARGIN + (_HEADER if titled else 0)
    needed = [drawing.width, sum(width for width, _ in legend), 420 if titled else 0]
    width, height = max(needed) + 2 * MARGIN, top + drawing.height + _LEGEND + MARGIN
    parts = [
        _opening(plan, width, height),
        f"<style>{graph_style.css()}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        *(_title(plan) if titled else ()),
        f'<g transform="translate({(width - drawing.width) / 2:.1f} {top:.1f})">',
        *_body(plan, drawing, critical, link),
        "</g>",
        f'<g transform="translate({MARGIN} {height - MARGIN:.1f})">{_legend_row(legend)}</g>',
        "</svg>",
    ]
    return "\n".join(parts)


def _critical(plan: Plan) -> tuple[str, ...]:
    """Return the layers of the critical path, when it has more than one."""
    path = critical_of(plan)
    return () if path is None or len(path.steps) < 2 else path.layers


def _opening(plan: Plan, width: float, height: float) -> str:
    label = quoteattr(f"{plan.name}: {summary_of(plan)}")
    return (
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" style="min-width:{_SHRINK * width:.0f}px" '
        f'role="img" aria-label={label}>'
    )


def _title(plan: Plan) -> Iterator[str]:
    yield f'<text class="title" x="{MARGIN}" y="{MARGIN + 16}">{escape(plan.name)}</text>'
    yield f'<text class="sub muted" x="{MARGIN}" y="{MARGIN + 38}">{escape(summary_of(plan))}</text>'


def _body(plan: Plan, drawing: Drawing, critical: Collection[str], link: str) -> Iterator[str]:
    names = list(critical)
    steps = set(itertools.pairwise(names))
    hot = [wire for wire in drawing.wires if (wire.edge.on, wire.edge.layer) in steps]
    cool = [wire for wire in drawing.wires if (wire.edge.on, wire.edge.layer) not in steps]
    for wire in cool:
        yield from _wire(wire, hot=False)
    for wire in hot:
        yield from _wire(wire, hot=True)
    domain = _domain(plan)
    for card in drawing.cards:
        found = [each for each in plan.findings if each.layer == card.layer.name]
        yield _card(card, domain, found, hot=card.layer.name in names, link=link)


# Lines.


def _wire(wire: Wire, *, hot: bool) -> Iterator[str]:
    style = style_of(wire.edge)
    heat = " critical" if hot else ""
    points = _shortened_end(wire.points, 9.0)
    path = f'd="{_rounded(points)}"'
    yield f"<g><title>{escape(f'{wire.edge.layer}: {wire.edge.text}')}</title>"
    yield f'<path class="wire {style}{heat}" {path}/>'
    if style == "whole":
        yield f'<path class="wire core{heat}" {path}/>'
    yield f"{_tip(wire.points, style, heat)}</g>"


def _rounded(points: tuple[Point, ...]) -> str:
    """Return a path through some corners, each of them rounded."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_RADIUS, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        parts.append(f"L{start[0]:.1f} {start[1]:.1f}")
        parts.append(f"Q{corner[0]:.1f} {corner[1]:.1f} {end[0]:.1f} {end[1]:.1f}")
    parts.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return " ".join(parts)


def _toward(start: Point, goal: Point, length: float) -> Point:
    distance = math.dist(start, goal) or 1.0
    share = length / distance
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


def _shortened_end(points: tuple[Point, ...], length: float) -> tuple[Point, ...]:
    """Return the points with the last one moved back, to make room for the tip."""
    room = math.dist(points[-2], points[-1])
    return (*points[:-1], _toward(points[-1], points[-2], min(length, room * 0.8)))


def _tip(points: tuple[Point, ...], style: str, heat: str) -> str:
    """Return the end of a line: an arrow, with a bar for a whole layer, a ring for any frame."""
    (x0, y0), (x, y) = points[-2:]
    turn = f'transform="translate({x:.1f} {y:.1f}) rotate({math.degrees(math.atan2(y - y0, x - x0)):.0f})"'
    if style == "any":
        return f'<circle class="tip hollow{heat}" cx="-5" r="4.5" {turn}/>'
    hollow = " hollow" if style == "finished" else ""
    bar = (
        f'<path class="tip{heat}" d="M-2.5 -9 h2.5 v18 h-2.5 z" {turn}/>'
        if style in {"whole", "mixed", "finished"}
        else ""
    )
    size = (-13, 6) if heat else (-11, 5)
    arrow = f"M{-2.5 if bar else 0} 0 L{size[0]} -{size[1]} L{size[0]} {size[1]} z"
    return f'<path class="tip{hollow}{heat}" d="{arrow}" {turn}/>{bar}'


# Cards.


def _card(
    card: Card, domain: tuple[int, int], found: list[Finding], *, hot: bool, link: str
) -> str:
    layer = card.layer
    parts = [
        f"<title>{escape(_tooltip(layer))}</title>",
        f'<rect class="card{" hot" if hot else ""}" width="{CARD_WIDTH:g}" height="{CARD_HEIGHT:g}" rx="11"/>',
        f'<rect class="bar {layer.type}" x="13" y="15" width="4" height="31" rx="2"/>',
        f'<text class="name" x="26" y="28">{escape(shortened(layer.name, 24))}</text>',
        f'<text class="small muted" x="26" y="45">{escape(frames_of(layer))}</text>',
        *_chips(layer),
        *_strip(layer, domain),
        *_badge(found),
    ]
    body = "".join(parts)
    if link:
        body = f"<a href={quoteattr(f'#{link}{layer.wire_name}')}>{body}</a>"
    return f'<g transform="translate({card.x:.1f} {card.y:.1f})">{body}</g>'


def _tooltip(layer: PlannedLayer) -> str:
    return f"{layer.name}\n{layer.range}\n{layer.command}"


def _chips(layer: PlannedLayer) -> Iterator[str]:
    """Yield resources and services as chips, as many as fit."""
    kind = () if layer.type == "Render" else (layer.type,)
    x = 13.0
    for words in (*resources_of(layer), *kind, *layer.services):
        text = shortened(words, 18)
        width = len(text) * _LETTER + 12
        if x + width > CARD_WIDTH - 12:
            return
        yield f'<rect class="chip" x="{x:.1f}" y="58" width="{width:.1f}" height="20" rx="6"/>'
        yield (
            f'<text class="tiny" text-anchor="middle" x="{x + width / 2:.1f}" y="72">'
            f"{escape(text)}</text>"
        )
        x += width + 6


def _domain(plan: Plan) -> tuple[int, int]:
    """Return the lowest and the highest frame of the shot; lone frames are tasks of the job, not of the shot."""
    several = [layer for layer in plan.layers if layer.frames > 1] or list(plan.layers)
    ends = [(min(layer.tasks.frames), max(layer.tasks.frames)) for layer in several]
    return min((low for low, _ in ends), default=0), max((high for _, high in ends), default=0)


def _strip(layer: PlannedLayer, domain: tuple[int, int]) -> Iterator[str]:
    """Yield a bar of all the job's frames in which those of a layer are filled."""
    width = CARD_WIDTH - 26
    yield f'<rect class="track" x="13" y="90" width="{width:g}" height="5" rx="2.5"/>'
    for start, end in _filled(layer, domain):
        left = 13 + width * start / _BUCKETS
        length = width * (end - start) / _BUCKETS
        yield (
            f'<rect class="bar {layer.type}" x="{left:.1f}" y="90" '
            f'width="{max(length, 5):.1f}" height="5" rx="2.5"/>'
        )


def _filled(layer: PlannedLayer, domain: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the runs of buckets in which a layer has frames, each with its end excluded."""
    low, high = domain
    span = high - low + 1
    inside = {min(max(number, low), high) - low for number in layer.tasks.frames}
    buckets = sorted({place * _BUCKETS // span for place in inside})
    wide = max(1, _BUCKETS // span)
    start = end = buckets[0]
    for bucket in buckets:
        if bucket > end:
            yield start, end
            start = bucket
        end = bucket + wide
    yield start, min(end, _BUCKETS)


def _badge(found: list[Finding]) -> Iterator[str]:
    """Yield a badge with the number of errors and warnings, on the upper right corner."""
    bad = [each for each in found if each.severity > Severity.INFO]
    if not bad:
        return
    worst = max(each.severity for each in bad)
    words = f"{'!' if worst is Severity.ERROR else '⚠'} {len(bad)}"
    text = "\n".join(f"{each.code} {each.message}" for each in bad)
    yield (
        f'<g transform="translate({CARD_WIDTH - 20:g} 0)"><title>{escape(text)}</title>'
        f'<rect class="badge {worst.word}" x="-20" y="-11" width="40" height="22" rx="11"/>'
        f'<text class="tiny onbadge" text-anchor="middle" y="4" font-weight="700">{words}</text></g>'
    )


# Legend.


def _legend(plan: Plan, *, hot: bool) -> Iterator[tuple[float, str]]:
    """Yield the width of each entry of the legend and what it consists of."""
    used = {style_of(edge) for edge in plan.edges}
    for style in _ORDER:
        if style in used:
            yield _legend_entry(style, style_words(style), "")
    if hot:
        yield _legend_entry("frame", "critical path", " critical")


def _legend_entry(style: str, words: str, heat: str) -> tuple[float, str]:
    line = 'd="M0 0 H25"'
    core = f'<path class="wire core{heat}" {line}/>' if style == "whole" else ""
    drawn = f'<path class="wire {style}{heat}" {line}/>{core}'
    tip = _tip(((0.0, 0.0), (34.0, 0.0)), style, heat)
    text = f'<text class="small muted" x="43" y="4">{escape(words)}</text>'
    return 43 + len(words) * 6.3 + 26, f"{drawn}{tip}{text}"


def _legend_row(entries: list[tuple[float, str]]) -> str:
    parts, x = [], 0.0
    for width, body in entries:
        parts.append(f'<g transform="translate({x:.1f} 0)">{body}</g>')
        x += width
    return "".join(parts)

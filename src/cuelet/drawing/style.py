"""Colours and strokes of graphs, light and dark; plain CSS without variables, which other viewers than browsers read too."""

from __future__ import annotations

LIGHT = {
    "page": "#fbfaf8", "card": "#ffffff", "line": "#dcd8d2", "text": "#1d1b18", "muted": "#6d675f",
    "wire": "#837c73", "critical": "#c8480a", "track": "#ebe7e1", "chip": "#f3f0eb",
    "Render": "#3867d6", "Util": "#0f8f7e", "Post": "#8854d0", "error": "#c92a2a", "warning": "#a86400",
    "info": "#1971a8",
}  # fmt: skip
DARK = {
    "page": "#15171b", "card": "#1f2329", "line": "#363c45", "text": "#eceae6", "muted": "#a09a91",
    "wire": "#8d96a3", "critical": "#ff9152", "track": "#2e343c", "chip": "#2a2f37",
    "Render": "#7aa2ff", "Util": "#3fc9b4", "Post": "#b794f6", "error": "#ff7b72", "warning": "#e3b341",
    "info": "#6cb6ff",
}  # fmt: skip

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_FIXED = f"""
.graph text {{ font-family: {FONT}; }}
.graph .name {{ font-size: 14px; font-weight: 650; }}
.graph .small {{ font-size: 12px; }}
.graph .tiny {{ font-size: 11px; }}
.graph .title {{ font-size: 20px; font-weight: 700; }}
.graph .sub {{ font-size: 13px; }}
.graph .wire {{ fill: none; stroke-width: 1.7; stroke-linejoin: round; }}
.graph .whole {{ stroke-width: 5; }}
.graph .core {{ stroke-width: 1.8; }}
.graph .finished {{ stroke-dasharray: 8 5; }}
.graph .previous {{ stroke-dasharray: 0.1 5; stroke-linecap: round; stroke-width: 2.6; }}
.graph .first {{ stroke-dasharray: 2 4; }}
.graph .any {{ stroke-dasharray: 10 4 2 4; }}
.graph .nothing {{ stroke-dasharray: 3 8; }}
.graph .critical {{ stroke-width: 3.2; }}
.graph .critical.previous {{ stroke-width: 4; stroke-dasharray: 0.1 7; }}
.graph .critical.whole {{ stroke-width: 7; }}
.graph .critical.core {{ stroke-width: 2.2; }}
.graph .card {{ stroke-width: 1; }}
.graph .card.hot {{ stroke-width: 2.6; }}
.graph .hollow {{ stroke-width: 1.7; }}
"""


def css() -> str:
    """Return the style of a graph, light, and dark where the viewer prefers that."""
    return f"{_FIXED}{_coloured(LIGHT)}@media (prefers-color-scheme: dark) {{{_coloured(DARK)}}}\n"


def _coloured(colour: dict[str, str]) -> str:
    bars = "".join(
        f".graph .bar.{kind} {{ fill: {colour[kind]}; }}\n" for kind in ("Render", "Util", "Post")
    )
    badges = "".join(
        f".graph .badge.{kind} {{ fill: {colour[kind]}; }}\n"
        for kind in ("error", "warning", "info")
    )
    return f"""
.graph .page, .graph .wire.core {{ fill: {colour["page"]}; }}
.graph .wire.core {{ fill: none; stroke: {colour["page"]}; }}
.graph text {{ fill: {colour["text"]}; }}
.graph .muted {{ fill: {colour["muted"]}; }}
.graph .card {{ fill: {colour["card"]}; stroke: {colour["line"]}; }}
.graph .card.hot {{ stroke: {colour["critical"]}; }}
.graph .wire {{ stroke: {colour["wire"]}; }}
.graph .tip {{ fill: {colour["wire"]}; stroke: {colour["wire"]}; }}
.graph .wire.critical {{ stroke: {colour["critical"]}; }}
.graph .wire.critical.core {{ stroke: {colour["page"]}; }}
.graph .tip.critical {{ fill: {colour["critical"]}; stroke: {colour["critical"]}; }}
.graph .tip.hollow {{ fill: {colour["page"]}; }}
.graph .chip {{ fill: {colour["chip"]}; }}
.graph .track {{ fill: {colour["track"]}; }}
.graph .onbadge {{ fill: {colour["card"]}; }}
{bars}{badges}"""

"""Pictures of a plan: SVG, HTML, Mermaid; for the command and for pages.

May import: `outline.planning` for what is drawn, `cuelet.quantities`, graphlay for where it goes.
Add: a format as a module that takes a plan and returns text.
"""

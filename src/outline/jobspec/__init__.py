"""The job in the middle: what is launched, complete and immutable, and what follows from it alone.

Outlines are compiled to it; a Cuebot's XML, the farm, the local run, plan, lint and diff start from it.
May import: `outline.frames`, `outline.pathmap`, `outline.exception`; nothing else of outline, and nobody else's modules.
A frame that is executed imports none of it but `tokens`, `names` and `files`: dataclasses take time.
Add: something a layer asks of a farm to `model.LayerSpec`, then to each target; a rule that farm and local run both obey
as a module on plain numbers.
"""

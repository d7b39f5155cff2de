"""Outlines and layers as data of a session, ours and those PyOutline wrote.

May import: anything of outline below `outline.loader`; the loader calls it.
Add: an attribute of a layer to the layer's own data, not here.
"""

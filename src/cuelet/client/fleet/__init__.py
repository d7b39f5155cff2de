"""A look at every host of a farm from inside: a frame runs there and reports what it finds.

May import: what `cuelet.client` may; `frame` runs on hosts, and imports as little as it can.
Add: a fact of a host to `frame` and `report`, what is wrong with it to `report`.
"""

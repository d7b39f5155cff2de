"""OpenCue's interfaces about what people set up around jobs: owners, deeds, departments, services of shows.

May import: what `cuelet.rpc.opencue` may, and its conversions.
Add: an RPC to the servicer of its interface; one that makes no sense on one machine to `elsewhere`.
"""

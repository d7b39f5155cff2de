"""OpenCue's interfaces about what people set up in a show: groups, filters, and the tree of its jobs.

May import: what `cuelet.rpc.opencue` may, and of it `convert`.
Add: an RPC to the servicer of its interface, then its row to docs/reference.
"""

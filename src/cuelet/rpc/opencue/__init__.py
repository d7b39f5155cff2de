"""OpenCue's interfaces, about one module each, and the conversion of the farm's objects to messages.

The wire's units (core points, KB) exist only in `convert`.
May import: the core, the engine, `cuelet.rpc.search`, `cuelet.rpc.spec.job`, `opencue_proto`, and of outline what the core may.
Add: an RPC to the servicer of its interface, then its row to docs/reference.
"""

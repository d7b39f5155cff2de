"""The service `cuelet.Farm`: JSON over gRPC for what OpenCue's messages cannot say.

May import: the core, the engine, `cuelet.rpc.search`, `cuelet.rpc.opencue.convert`, and of outline what the core may.
Add: a method to `extension` and its row to ARCHITECTURE.md; clients call it through `opencue.farm`.
"""

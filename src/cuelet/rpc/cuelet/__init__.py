"""The service `cuelet.Farm`: JSON over gRPC for what OpenCue's messages cannot say.

May import: the core, the engine, `cuelet.rpc.search` and `cuelet.rpc.opencue.convert`.
Add: a method to `extension` and its row to ARCHITECTURE.md; clients call it through `opencue.farm`.
"""

"""OpenCue's CueInterface: the probe that every client opens its channel with."""

from __future__ import annotations

from typing import Any

from opencue_proto import cue_pb2, cue_pb2_grpc

Context = Any


class CueService(cue_pb2_grpc.CueInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer the probe that every client opens its channel with."""

    async def GetSystemStats(self, request: Any, context: Context) -> Any:
        return cue_pb2.CueGetSystemStatsResponse(stats=cue_pb2.SystemStats())

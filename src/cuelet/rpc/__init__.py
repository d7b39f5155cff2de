"""OpenCue's gRPC interfaces over the farm: translate, never decide."""

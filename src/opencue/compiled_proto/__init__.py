"""OpenCue's message modules under the name scripts look for: ``compiled_proto.job_pb2``."""

import importlib
import sys
from typing import TYPE_CHECKING, Any

_NAMES = (
    "comment", "criterion", "cue", "department", "depend", "facility", "filter", "host", "job",
    "limit", "monitoring", "renderPartition", "report", "rqd", "service", "show", "subscription",
    "task",
)  # fmt: skip

for _name in _NAMES:
    _module = importlib.import_module(f"opencue_proto.{_name}_pb2")
    globals()[f"{_name}_pb2"] = sys.modules[f"{__name__}.{_name}_pb2"] = _module

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...

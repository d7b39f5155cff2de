"""Every method of OpenCue's services, and messages for them."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

import opencue_proto
from google.protobuf import json_format, message_factory


@functools.cache
def methods() -> dict[str, Any]:
    """Return the descriptor of every method by its path on the wire, as ``/job.JobInterface/FindJob``."""
    found = {}
    for module in pkgutil.iter_modules(opencue_proto.__path__):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(f"opencue_proto.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                for method in service.methods:
                    found[f"/{service.full_name}/{method.name}"] = method
    return found


def message_class(described: Any) -> Any:
    """Return the class of a described message."""
    return message_factory.GetMessageClass(described)


def filled(described: Any, fields: dict[str, Any]) -> Any:
    """Return a described message with these fields."""
    return json_format.ParseDict(fields, message_class(described)())

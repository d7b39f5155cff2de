"""Limits: how many frames or hosts may use one thing, such as a licence, at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opencue_proto import limit_pb2

from opencue.wrappers.entity import Entity, send

__all__ = ["Limit"]


class Limit(Entity):
    """A named limit; layers that carry it run only while it is not used up."""

    _STUB, _FIELD, _MESSAGE = "limit", "name", limit_pb2.Limit

    def __init__(self, limit: Any = None, data: Any = None) -> None:
        super().__init__(limit if data is None else data)

    def _change(self, method: str, **fields: Any) -> None:
        """Change the limit, then read it again."""
        send("limit", method, name=self.name(), **fields)
        self.data = send("limit", "Get", id=self.id()).limit

    def create(self) -> Limit:
        """Create a limit like this one and return it."""
        names = ("name", "max_value", "type", "enforcement", "soft_value", "exit_status",
                 "delay_minutes", "auto_tag")  # fmt: skip
        fields = {name: getattr(self.data, name) for name in names}
        return Limit(send("limit", "Create", **fields).limit)

    def delete(self) -> None:
        """Remove the limit."""
        send("limit", "Delete", name=self.name())

    def find(self, name: str) -> Limit:
        """Return the limit of that name."""
        return Limit(send("limit", "Find", name=name).limit)

    def get(self, limit_id: str) -> Limit:
        """Return the limit of that id."""
        return Limit(send("limit", "Get", id=limit_id).limit)

    def rename(self, newName: str) -> None:
        """Give the limit another name."""
        send("limit", "Rename", old_name=self.name(), new_name=newName)
        self.data = send("limit", "Get", id=self.id()).limit

    def setMaxValue(self, maxValue: int) -> None:
        """Set how many may use it at a time."""
        self._change("SetMaxValue", max_value=maxValue)

    def setLimitType(self, limitType: int) -> None:
        """Set what it counts: a `limit_pb2.LimitType`."""
        self._change("SetType", type=limitType)

    def setEnforcement(self, enforcement: int) -> None:
        """Set how strict it is: a `limit_pb2.LimitEnforcement`."""
        self._change("SetEnforcement", enforcement=enforcement)

    def setSoftValue(self, softValue: int) -> None:
        """Set the value from which it warns; -1 for none."""
        self._change("SetSoftValue", soft_value=softValue)

    def setReportTtl(self, reportTtl: int) -> None:
        """Set for how many seconds a report of outside use counts."""
        self._change("SetReportTtl", report_ttl=reportTtl)

    def setFailureRule(self, exitStatus: int, delayMinutes: int = 0, autoTag: bool = True) -> None:
        """Set what happens to a frame that fails for want of it.

        Args:
            exitStatus: The exit status that says so.
            delayMinutes: How long the frame waits before it is tried again.
            autoTag: Whether its layer gets the limit from then on.
        """
        self._change(
            "SetFailureRule",
            exit_status=exitStatus,
            delay_minutes=delayMinutes,
            auto_tag=autoTag,
        )

    def holds(self, hostName: str | None = None) -> list[Any]:
        """Return who holds it, on all hosts or on one."""
        asked = send("limit", "GetHolds", limit_name=self.name(), host_name=hostName or "")
        return list(asked.holds)

    def bindings(
        self, sources: Sequence[int] | None = None, layerIds: Sequence[str] | None = None
    ) -> list[Any]:
        """Return which layers carry it, and how they came to."""
        found = send(
            "limit",
            "GetBindings",
            limit_name=self.name(),
            sources=sources or (),
            layer_ids=layerIds or (),
        )
        return list(found.bindings)

    def clearBindings(self, sources: Sequence[int]) -> int:
        """Take it from the layers that got it in one of these ways; return from how many."""
        return int(send("limit", "ClearBindings", limit_name=self.name(), sources=sources).removed)

    def name(self) -> str:
        """Return the name."""
        return str(self.data.name)

    def maxValue(self) -> int:
        """Return how many may use it at a time."""
        return int(self.data.max_value)

    def currentRunning(self) -> int:
        """Return how many frames use it."""
        return int(self.data.current_running)

    def limitType(self) -> int:
        """Return what it counts: a `limit_pb2.LimitType`."""
        return int(self.data.type)

    def enforcement(self) -> int:
        """Return how strict it is: a `limit_pb2.LimitEnforcement`."""
        return int(self.data.enforcement)

    def softValue(self) -> int:
        """Return the value from which it warns."""
        return int(self.data.soft_value)

    def currentUsage(self) -> int:
        """Return how much is used, here and outside."""
        return int(self.data.current_usage)

    def settledUsage(self) -> int:
        """Return the use that reports confirm."""
        return int(self.data.settled_usage)

    def pendingUsage(self) -> int:
        """Return the use that no report confirms yet."""
        return int(self.data.pending_usage)

    def hostCount(self) -> int:
        """Return on how many hosts it is used."""
        return int(self.data.host_count)

    def lastReportTime(self) -> int:
        """Return when outside use was last reported: seconds since 1970."""
        return int(self.data.last_report_time)

    def reportSource(self) -> str:
        """Return who reported it."""
        return str(self.data.report_source)

    def reportTtl(self) -> int:
        """Return for how many seconds a report counts."""
        return int(self.data.report_ttl)

    def isReportStale(self) -> bool:
        """Return whether the last report is too old to count."""
        return bool(self.data.report_stale)

    def isBlocking(self) -> bool:
        """Return whether it keeps frames from starting."""
        return bool(not self.data.blocking_disabled)

    def exitStatus(self) -> int:
        """Return the exit status that says a frame failed for want of it."""
        return int(self.data.exit_status)

    def delayMinutes(self) -> int:
        """Return how long such a frame waits."""
        return int(self.data.delay_minutes)

    def autoTag(self) -> bool:
        """Return whether the layer of such a frame gets the limit."""
        return bool(self.data.auto_tag)

    def specLayerCount(self) -> int:
        """Return how many layers carry it by their job's description."""
        return int(self.data.spec_layer_count)

    def autoLayerCount(self) -> int:
        """Return how many layers carry it because of failures."""
        return int(self.data.auto_layer_count)

"""What answers calls, without gRPC and processes: requests are decided on at once, on a farm in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from cuelet.core.operations.command import Place
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.engine.engine import Engine
from outline.jobspec.model import EdgeSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of

Call = Callable[[Any, Any], Any]


class Context:
    """A call's context that remembers what was said in it."""

    def __init__(self) -> None:
        self.trailing: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, said: tuple[tuple[str, bytes], ...]) -> None:
        self.trailing = said

    def invocation_metadata(self) -> tuple[()]:
        return ()


class Desk:
    """Stands for the engine: the same farm, reached by the same calls."""

    def __init__(self, *layers: LayerSpec, edges: tuple[EdgeSpec, ...] = (), **more: Any) -> None:
        chosen = layers or (LayerSpec(name="main", command="x", range="1-4"),)
        self.bench = Bench(spec_of(*chosen, edges=edges, **more))
        self.now = 100.0
        self.farm.moment.at = int(self.now)

    @property
    def farm(self) -> Farm:
        return self.bench.farm

    @property
    def decision(self) -> Decision:
        return self.bench.decision

    @property
    def engine(self) -> Engine:
        return cast("Engine", self)

    def place(self) -> Place:
        return Place(host="box", log_root="/logs", scratch="/scratch")

    async def submit(self, request: Any) -> Any:
        return request(self.farm, self.decision, self.now)

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.farm.moment.at = int(self.now)


def ask(method: Call, request: Any) -> Any:
    """Return what a method of a servicer answers."""
    return asyncio.run(method(request, Context()))

"""Run to its end what a hook only began: a coroutine, a generator, or another iterator that it returned."""

from __future__ import annotations

import sys
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from typing import Any


def run_to_end(began: Any) -> Any:
    """Return what a call comes to.

    Args:
        began: What it returned: a coroutine or another awaitable, an iterator of either kind, a future, a list of these;
            anything else is returned as it is, and so is what a pool of `multiprocessing` may never answer.
    """
    kind = type(began)
    if hasattr(kind, "__await__"):
        return run_to_end(_run(_awaited, began))
    if hasattr(kind, "__anext__"):
        return _run(_exhausted, began)
    if _is_of_pool(began):
        return began
    if hasattr(kind, "__next__") or kind in (list, tuple):
        for each in began:
            run_to_end(each)
    elif hasattr(kind, "add_done_callback") and hasattr(kind, "result"):
        return began.result()
    return began


def _is_of_pool(began: Any) -> bool:
    """Tell whether a result is a pool's of `multiprocessing`, whose results never come once its ``with`` is over.

    One that is there already says whether its call failed.
    """
    pool = sys.modules.get("multiprocessing.pool")
    if pool is None:
        return False
    if isinstance(began, pool.AsyncResult):
        if began.ready():
            began.get()
        return True
    return isinstance(began, pool.IMapIterator) or _draws_from_ended(began, pool)


def _draws_from_ended(began: Any, pool: Any) -> bool:
    """Tell whether an iterator, such as a `map` or what `imap` returns for chunks, takes from a pool that has ended."""
    import gc

    if not hasattr(type(began), "__next__"):
        return False
    left, seen = [began], set()
    while left:
        each = left.pop()
        if isinstance(each, pool.IMapIterator) and _has_ended(each, pool):
            return True
        if id(each) not in seen and (each is began or isinstance(each, (tuple, Iterator))):
            seen.add(id(each))
            left += gc.get_referents(each)
    return False


def _has_ended(results: Any, pool: Any) -> bool:
    """Tell whether results may never come: once all are there they name no pool."""
    return bool(getattr(results._pool, "_state", None) == pool.TERMINATE)


def _run(finish: Callable[[Any], Coroutine[Any, Any, Any]], began: Any) -> Any:
    """Finish something in an event loop of its own."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(finish(began))
    if hasattr(began, "close"):
        began.close()
    raise RuntimeError("a layer with async methods cannot run inside of a running event loop")


async def _awaited(began: Awaitable[Any]) -> Any:
    return await began


async def _exhausted(began: AsyncIterator[Any]) -> None:
    async for each in began:
        if hasattr(type(each), "__await__"):
            await each

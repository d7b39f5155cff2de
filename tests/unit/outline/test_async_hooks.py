"""Methods that are coroutines or generators run to their end, and what they raise is seen."""

from __future__ import annotations

import concurrent.futures
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from outline import Layer, LayerPostProcess, LayerPreProcess, Outline, TaskExecutor, event


class SeenError(Exception):
    """What has to be seen."""


async def coroutine(*_: object) -> None:
    raise SeenError


def generator(*_: object) -> Iterator[int]:
    yield 1
    raise SeenError


async def async_generator(*_: object) -> AsyncIterator[int]:
    yield 1
    raise SeenError


def lazy_map(*_: object) -> object:
    return map(coroutine, [1])


def list_of_coroutines(*_: object) -> object:
    return [coroutine()]


def future(*_: object) -> object:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(next, generator_after_one())


def generator_after_one() -> Iterator[int]:
    found = generator()
    next(found)
    return found


def coroutine_of_a_generator(*_: object) -> object:
    async def begins() -> Iterator[int]:
        return generator()

    return begins()


class Awaitable:
    """Awaitable, but no coroutine."""

    def __await__(self) -> Iterator[Any]:
        return coroutine().__await__()


def awaitable(*_: object) -> object:
    return Awaitable()


KINDS = [
    coroutine,
    generator,
    async_generator,
    lazy_map,
    list_of_coroutines,
    future,
    coroutine_of_a_generator,
    awaitable,
]
HOOKS = ["_setup", "_execute", "_before_execute", "_after_execute", "before_execute"]
HOOKS += ["after_execute", "execute_frames"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HOOKS)
def test_what_a_hook_begins_is_run_to_its_end(name: str, kind: Callable[..., object]) -> None:
    ol = Outline("async-job", serialize=False)
    layer = type("Mine", (Layer,), {name: kind})("mine", range="1")
    ol.add_layer(layer)

    with pytest.raises(SeenError):
        ol.setup()
        layer.execute(1)


@pytest.mark.parametrize("name", ["_after_init", "_after_parented"])
def test_hooks_of_joining_are_run_to_their_end(name: str) -> None:
    ol = Outline("async-job")
    layer = type("Mine", (Layer,), {name: coroutine})("mine", range="1")

    with pytest.raises(SeenError):
        ol.add_layer(layer)
        Layer("parent").add_child(layer)


@pytest.mark.parametrize("base", [LayerPreProcess, LayerPostProcess])
def test_processes_are_run_to_their_end(base: type[LayerPreProcess | LayerPostProcess]) -> None:
    ol = Outline("async-job", serialize=False)
    creator = Layer("creator", range="1")
    ol.add_layer(creator)
    process = type("Mine", (base,), {"_execute": coroutine})("process")
    creator.add_child(process)
    ol.setup()

    with pytest.raises(SeenError):
        process.execute(1)


def test_a_listener_that_is_a_coroutine_is_run(caplog: pytest.LogCaptureFixture) -> None:
    seen = []

    async def listen(happened: event.LayerEvent) -> None:
        seen.append(happened.type)
        raise SeenError

    layer = Layer("mine", range="1")
    layer.add_event_listener(event.BEFORE_EXECUTE, listen)
    layer.before_execute()

    assert seen == [event.BEFORE_EXECUTE]
    assert "event listener failed" in caplog.text


def test_a_task_that_is_a_coroutine_is_run() -> None:
    tasks = TaskExecutor(1)
    tasks.execute(coroutine)

    with pytest.raises(SeenError):
        tasks.wait()


def test_what_is_nothing_begun_is_left_alone() -> None:
    class Mine(Layer):
        def _execute(self, frames: object) -> Any:
            return {"a": 1}, "text", [1, 2]

    ol = Outline("sync-job", serialize=False)
    layer = Mine("mine", range="1")
    ol.add_layer(layer)
    ol.setup()
    layer.execute(1)


def test_a_running_loop_is_said_to_be_in_the_way() -> None:
    import asyncio

    class Mine(Layer):
        async def _execute(self, frames: object) -> None:
            raise SeenError

    ol = Outline("loop-job", serialize=False)
    layer = Mine("mine", range="1")
    ol.add_layer(layer)
    ol.setup()

    async def outer() -> None:
        layer.execute(1)

    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(outer())

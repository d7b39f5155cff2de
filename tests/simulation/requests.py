"""What people ask for in the simulation: every verb of the farm, on random jobs and frames."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from cuelet.core.operations import comments, launching, requests
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from tests.simulation.specs import random_spec

Request = Callable[[Farm, Decision, float], Any]
MAX_JOBS = 5


def random_request(random: Random, launched: list[str]) -> tuple[str, str, Request]:
    """Return a name for the trace, the verb, and the request itself."""
    if not launched or (len(launched) < MAX_JOBS and random.random() < 0.25):
        return _launch(random, launched)
    job_id = random.choice(launched)
    verb = random.choice(_VERBS)
    text, act = _MAKERS[verb](random)

    def request(farm: Farm, decision: Decision, now: float) -> Any:
        return act(farm, farm.get_job(job_id), decision, now)

    return f"{verb} {text} in job {int(job_id[:8], 16)}", verb, request


def _launch(random: Random, launched: list[str]) -> tuple[str, str, Request]:
    number = len(launched)
    job_id = f"{number:08x}{ids.job_id(random.getrandbits(100))[8:]}"
    others = [f"show-shot-user_job{at}" for at in range(number)]
    spec = random_spec(random, number, others)
    launched.append(job_id)

    def request(farm: Farm, decision: Decision, now: float) -> Any:
        launching.launch(farm, [spec], [job_id], decision, now=now)
        return job_id

    return f"launch {spec}", "launch", request


Act = Callable[[Farm, Job, Decision, float], Any]
Made = tuple[str, Act]


def _frames(random: Random) -> tuple[str, Callable[[Job], list[int]]]:
    """Return some frames: one, several, or a layer's."""
    picks = [random.randrange(1000) for _ in range(random.choice((1, 1, 2, 4)))]
    if random.random() < 0.3:
        return f"layer {picks[0]}", lambda job: _of_layer(job, picks[0])
    return f"frames {picks}", lambda job: list(dict.fromkeys(pick % job.size for pick in picks))


def _of_layer(job: Job, pick: int) -> list[int]:
    layer = job.layers[pick % len(job.layers)]
    return list(range(layer.start, layer.end))


def _pause(random: Random) -> Made:
    paused = random.random() < 0.4
    return str(paused), lambda farm, job, decision, now: requests.set_paused(
        job, decision, paused=paused
    )


def _priority(random: Random) -> Made:
    priority = random.choice((0, 1, 5, 200))
    return str(priority), lambda farm, job, decision, now: requests.set_priority(
        farm, job, priority, decision
    )


def _max_cores(random: Random) -> Made:
    cores = random.choice((-1.0, 0.5, 1.0, 2.0))

    def act(farm: Farm, job: Job, decision: Decision, now: float) -> None:
        job.max_cores = cores
        decision.job(job)

    return str(cores), act


def _kill_job(random: Random) -> Made:
    return "", lambda farm, job, decision, now: requests.kill_job(farm, job, decision, now=now)


def _kill(random: Random) -> Made:
    text, frames = _frames(random)
    return text, lambda farm, job, decision, now: requests.kill_frames(
        job, frames(job), decision, by="somebody"
    )


def _retry(random: Random) -> Made:
    text, frames = _frames(random)
    return text, lambda farm, job, decision, now: requests.retry_frames(
        farm, job, frames(job), decision
    )


def _eat(random: Random) -> Made:
    text, frames = _frames(random)
    return text, lambda farm, job, decision, now: requests.eat_frames(
        farm, job, frames(job), decision, now=now
    )


def _free(random: Random) -> Made:
    text, frames = _frames(random)
    return text, lambda farm, job, decision, now: requests.free_frames(job, frames(job), decision)


def _mark_done(random: Random) -> Made:
    text, frames = _frames(random)
    return text, lambda farm, job, decision, now: requests.mark_done(job, frames(job), decision)


def _release(random: Random) -> Made:
    pick = random.randrange(1000)

    def act(farm: Farm, job: Job, decision: Decision, now: float) -> None:
        if job.edges:
            requests.release_edges(job, [job.edges[pick % len(job.edges)]], decision)

    return str(pick), act


def _release_jobs(random: Random) -> Made:
    return "", lambda farm, job, decision, now: requests.release_edges(
        job, job.edges_of_job(), decision
    )


def _comment(random: Random) -> Made:
    number = random.getrandbits(30)
    return "", lambda farm, job, decision, now: comments.add_comment(
        job, Comment(number, now, "somebody", "a", "b"), decision
    )


_MAKERS: dict[str, Callable[[Random], Made]] = {
    "pause": _pause,
    "priority": _priority,
    "max cores": _max_cores,
    "kill job": _kill_job,
    "kill": _kill,
    "retry": _retry,
    "eat": _eat,
    "free": _free,
    "mark done": _mark_done,
    "release": _release,
    "release jobs": _release_jobs,
    "comment": _comment,
}
_VERBS = ["retry"] * 5 + ["kill"] * 4 + ["pause", "eat"] * 3 + list(_MAKERS)

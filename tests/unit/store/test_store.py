"""What was committed comes back equal; who may open the file, and who may not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelet.core.operations import comments, depends, launching, limits, machine, ordering, requests
from cuelet.core.operations.history import forget
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.frame_row import FrameRow
from cuelet.core.state.job import Job
from cuelet.core.state.order import Placing
from cuelet.core.values import ids
from cuelet.store.errors import NewerSchemaError, StoreError
from cuelet.store.migrating import SUMMED_SINCE
from cuelet.store.sql import migrations
from cuelet.store.store import Store
from cuelet.store.tables import FARM_TALLY
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome, spec_to_dict
from tests.budget import examples
from tests.unit.core.bench import Bench, spec_of

SPEC = spec_of(
    LayerSpec(name="main", title="Main", argv=("echo", "#IFRAME#"), range="1-4", env={"A": "ä\n"}),
    LayerSpec(name="then", command="true", range="1-4", retries=2, tags=("a", "b")),
    LayerSpec(name="clean", command="true"),
    edges=(
        EdgeSpec(layer="then", on="main"),
        EdgeSpec(layer="clean", on="then", kind=EdgeKind.LAYER_ON_LAYER, outcome=Outcome.FINISHED),
    ),
    env={"JOB": "1"},
    base_env={"PATH": "/bin", "ODD": "\udcff"},
    cwd="/here",
    uid=1000,
)


def picture(job: Job) -> dict[str, Any]:
    """Return everything about a job that must survive a restart."""
    return {
        "spec": job.spec,
        "id": job.id,
        "job": (job.state, job.paused, job.priority, job.autoeat, job.max_retries),
        "cores": (job.min_cores, job.max_cores, job.submitted_at, job.stopped_at),
        "layers": [(x.cores, x.max_cores, x.memory_mb, x.retries, x.tags) for x in job.layers],
        "starts": [(x.limits, x.asked_gpus, x.threadable, x.dispatch_order) for x in job.layers],
        "times": [(x.start_after, x.start_after_reason) for x in job.layers],
        "orders": [x.order and x.order.text() for x in job.layers],
        "queue": [layer.name for layer in job.queue],
        "comments": list(job.comments),
        "frames": [job.row(index) for index in range(job.size)],
        "waiting": [list(of) for of in (job.unmet, job.unreachable, job.flags)],
        "counts": [list(layer.counts) for layer in job.layers],
        "edges": [(e.spec, e.active, e.open_count, e.lost) for e in job.edges],
    }


def reopened(store: Store) -> list[dict[str, Any]]:
    store.close()
    again = Store(store.path)
    found = [picture(job) for job in again.load()]
    again.close()
    return found


OP_NAMES = (
    *("run", "fail", "start", "retry", "kill", "eat", "free", "release"),
    *("done", "pause", "layer", "as submitted", "starts", "order", "job", "comment", "edit"),
)
OPS = st.tuples(st.sampled_from(OP_NAMES), st.integers(0, 99))


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(OPS, max_size=25), st.integers(1, 5))
def test_what_was_committed_is_loaded_equal(
    tmp_path_factory: pytest.TempPathFactory, ops: list[tuple[str, int]], every: int
) -> None:
    store = Store(tmp_path_factory.mktemp("store") / "farm.db")
    b = Bench(SPEC, cores=2.0)

    for number, (op, pick) in enumerate(ops):
        act(b, op, pick)
        if number % every == 0:
            store.commit(b.decide())
    store.commit(b.decide())

    assert reopened(store) == [picture(b.job)]


def act(b: Bench, op: str, pick: int) -> None:
    """Do one thing to some frame, layer or edge, if it can be done."""
    job, index = b.job, pick % b.job.size
    running = sorted(job.reserved)
    if op in ("run", "fail") and running:
        b.end(running[pick % len(running)], op == "fail")
    elif op == "start":
        b.book()
    elif op in ("retry", "kill", "eat", "free"):
        getattr(b, op)(index)
    elif op == "release":
        requests.release_edges(job, [job.edges[pick % 2]], b.decision)
    elif op == "done":
        requests.mark_done(job, [index], b.decision)
    elif op == "pause":
        b.pause(paused=pick % 2 == 0)
    elif op in ("layer", "as submitted", "starts", "order"):
        rearrange(b, op, pick)
    elif op == "job":
        requests.set_priority(b.farm, job, pick, b.decision)
        job.autoeat, job.max_cores, job.max_retries = pick % 2 == 0, pick / 4, pick
    elif op in ("comment", "edit"):
        remark(b, op, pick)


def rearrange(b: Bench, op: str, pick: int) -> None:
    """Change a layer's settings, or the order in which frames start."""
    job, layer = b.job, b.job.layers[pick % 3]
    if op == "layer":
        layer.cores, layer.memory_mb, layer.retries, layer.tags = 1.5, 64 + pick, pick, ("t",)
        b.decision.job(job)
    elif op == "as submitted":
        spec = layer.spec
        layer.cores, layer.memory_mb, layer.tags = spec.cores, spec.memory_mb, spec.tags
        layer.retries = job.max_retries if spec.retries is None else spec.retries
        b.decision.job(job)
    elif op == "starts":
        layer.limits, layer.asked_gpus, layer.threadable = (
            ("nuke",) * (pick % 2),
            pick % 5,
            pick % 4 > 0,
        )
        layer.start_after, layer.start_after_reason = float(pick % 3), "x" * (pick % 3)
        ordering.set_dispatch_order(job, layer, pick % 7, b.decision)
    else:
        placing = Placing(pick % 3)
        ordering.reorder(job, job.layers[:2], f"{1 + pick % 4}", placing, b.decision)
        ordering.stagger(job, job.layers[:2], "1-4", 1 + pick % 3, b.decision)


def remark(b: Bench, op: str, pick: int) -> None:
    """Add a comment, or edit or delete one if there is any."""
    job = b.job
    if op == "comment":
        number = pick + 100 * len(job.comments)
        comments.add_comment(job, Comment(number, b.now, "me", "ä\0", f"{pick}"), b.decision)
    elif job.comments:
        number = job.comments[pick % len(job.comments)].number
        if pick % 2:
            comments.delete_comment(job, number, b.decision)
        else:
            comments.edit_comment(job, number, "new", f"{pick}\n", b.decision)


def test_several_jobs_come_back_in_the_order_of_their_coming(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    specs = [spec_of(LayerSpec(name="main", command="x"), name=f"a-b-c_{name}") for name in "zya"]
    launching.launch(b.farm, specs, [ids.job_id(n) for n in (9, 5, 7)], b.decision, now=2.0)

    store.commit(b.decide())

    names = [found["spec"].name for found in reopened(store)]
    assert names == ["show-shot-me_job", "a-b-c_z", "a-b-c_y", "a-b-c_a"]


def test_a_commit_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    store.commit(b.decide())
    before = picture(b.job)
    b.run(0)
    b.decision.launched.append(b.job)  # the same job again: its id is taken
    b.decision.job(b.job)

    with pytest.raises(StoreError, match="cannot write"):
        store.commit(b.decision)

    assert reopened(store) == [before]


def test_the_store_works_on_after_a_failed_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    store.commit(b.decide())
    with pytest.raises(StoreError):
        store.commit(Decision(launched=[b.job]))
    b.run(0)

    store.commit(b.decide())

    assert reopened(store) == [picture(b.job)]


def test_a_second_connection_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")

    with pytest.raises(StoreError, match="locked"):
        Store(tmp_path / "farm.db")

    store.close()
    Store(tmp_path / "farm.db").close()


def test_a_file_of_a_later_cuelet_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 999")
        was = database.execute(FARM_TALLY.select).fetchone()
        row = FARM_TALLY.summed((1, 999, *was[2:-1]))
        database.execute("UPDATE farm_tally SET schema = 999, sum = ?", row[-1:])
    before = path.read_bytes()

    with pytest.raises(NewerSchemaError, match=r"schema 999, .* knows \d+.*CUELET_STATE_DIR"):
        Store(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database at all, but text " * 100, b"SQLite format 3\0 oh"]
)
def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "farm.db"
    path.write_bytes(content)

    with pytest.raises(StoreError, match=str(path)):
        Store(path)


def test_a_folder_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open"):
        Store(tmp_path / "nowhere" / "farm.db")


def test_only_the_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    store.commit(Bench(SPEC).decide())

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"farm.db", "farm.db-wal", "farm.db.open"}
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path

    store.close()


def test_what_is_durable_is_asked_of_sqlite(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")

    def setting(name: str) -> object:
        return store._database.execute(f"PRAGMA {name}").fetchone()[0]

    assert setting("journal_mode") == "wal"
    assert setting("synchronous") == 2
    assert setting("locking_mode") == "exclusive"
    assert setting("foreign_keys") == 1
    assert setting("user_version") == len(migrations())
    store.close()


def test_a_job_of_the_longest_integers_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    spec = JobSpec(
        name="a-b-c_d", show="a", shot="b", user="c", priority=-(2**31), layers=SPEC.layers
    )
    b = Bench(spec)
    b.job.set_figures(0, wall_s=0.0, cpu_s=0.0, max_rss_kb=2**32 - 1)
    b.decision.frame(b.job, 0)

    store.commit(b.decide())

    assert reopened(store) == [picture(b.job)]


def test_a_running_frame_holds_after_a_restart_what_its_run_was_given(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC, memory_mb=4096)
    b.start(0)
    given = b.job.reserved[0]
    b.job.layers[0].memory_mb = 4000
    b.decision.job(b.job)
    store.commit(b.decide())

    farm = Farm(cores=4.0, memory_mb=4096)
    (job,) = store.load()
    farm.add(job)
    farm.reserve(job, 0)

    assert job.reserved == {0: given}
    assert farm.free_memory_mb == 4096 - given[1]
    farm.release(job, 0)
    assert (farm.free_cores, farm.free_memory_mb) == (4.0, 4096)
    store.close()


def test_what_a_frame_was_spared_and_the_raise_of_its_layer_survive(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    b.run(0, 301)
    b.run(0, 33)
    assert (b.job.free_retries[0], b.job.memory_retries[0]) == (1, 1)
    assert b.job.layers[0].memory_mb > SPEC.layers[0].memory_mb

    store.commit(b.decide())

    assert reopened(store) == [picture(b.job)]


def test_a_layer_set_back_to_what_its_spec_says_stays_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    (layer,) = [layer for layer in b.job.layers if layer.name == "then"]
    for memory_mb in (9999, layer.spec.memory_mb):
        layer.memory_mb = memory_mb
        b.decision.job(b.job)
        store.commit(b.decide())

    assert reopened(store) == [picture(b.job)]


def old_database(path: Path, schema: int) -> sqlite3.Connection:
    """Return a database as a Cuelet of that schema left it, with nothing in it."""
    old = sqlite3.connect(path, isolation_level=None)
    for script in migrations()[:schema]:
        old.executescript(script)
    old.execute(f"PRAGMA user_version = {schema}")
    return old


def put_job(old: sqlite3.Connection, job: Job, **more: object) -> None:
    """Write a job's row with the columns of schema 1."""
    values: dict[str, object] = {
        "id": job.id,
        "spec": json.dumps(spec_to_dict(job.spec)),
        "state": 0,
        "paused": 0,
        "priority": 1,
        "autoeat": 0,
        "max_retries": 1,
        "min_cores": 1.0,
        "max_cores": -1.0,
        "submitted_at": 1.0,
        "stopped_at": 0.0,
        **more,
    }
    marks = ", ".join("?" * len(values))
    old.execute(f"INSERT INTO job ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def put_frame(old: sqlite3.Connection, row: FrameRow) -> None:
    """Write a frame's row of the first job with the columns of schema 1, which are the first 15."""
    columns = [column[1] for column in old.execute("PRAGMA table_info(frame)")]
    names = ", ".join(columns[:16])
    marks = ", ".join("?" * 16)
    old.execute(f"INSERT INTO frame ({names}) VALUES ({marks})", (1, *row[:15]))


@pytest.mark.parametrize("schema", range(1, SUMMED_SINCE))
def test_a_database_of_an_older_schema_opens_with_its_jobs(tmp_path: Path, schema: int) -> None:
    path = tmp_path / "farm.db"
    old, b = old_database(path, schema), Bench(SPEC)
    b.run(0, 1)
    put_job(old, b.job)
    put_frame(old, b.job.row(0))
    old.close()
    b.decide()

    store = Store(path)

    assert store._database.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert [picture(job) for job in store.load()] == [picture(b.job)]
    b.start(0)
    b.end(0)
    comments.add_comment(b.job, Comment(7, 5.0, "me", "subject", "text"), b.decision)
    store.commit(b.decide())
    assert reopened(store) == [picture(b.job)]


def test_a_frame_that_runs_in_schema_5_holds_what_its_layer_asks(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    old, b = old_database(path, 5), Bench(SPEC)
    b.start(0)
    put_job(old, b.job)
    put_frame(old, b.job.row(0))
    old.close()

    store = Store(path)
    (job,) = store.load()

    Farm(cores=4.0, memory_mb=4096).reserve(job, 0)
    assert job.reserved == b.job.reserved
    store.close()


def test_jobs_that_wait_for_jobs_in_an_older_database_still_do(tmp_path: Path) -> None:
    path = tmp_path / "farm.db"
    b = Bench(SPEC)
    names = ("show-shot-me_second", "show-shot-me_third")
    specs = [spec_of(LayerSpec(name="layer"), name=name, after=(SPEC.name,)) for name in names]
    waiting = launching.launch(b.farm, specs, [ids.job_id(2), ids.job_id(3)], b.decision, now=1.0)
    depends.satisfy(waiting[1].edges[0], b.decision)
    b.decide()
    old = old_database(path, 3)
    put_job(old, b.job)
    for job, active in zip(waiting, (True, False), strict=True):
        put_job(old, job, after=json.dumps({b.job.id: active}))
    old.close()

    expected = [picture(job) for job in (b.job, *waiting)]

    store = Store(path)
    assert [picture(job) for job in store.load()] == expected
    assert reopened(store) == expected


def test_depends_between_jobs_come_back_whatever_happened_to_them(tmp_path: Path) -> None:
    store, b = Store(tmp_path / "farm.db"), Bench(SPEC)
    outside = EdgeSpec(layer="layer", on="then", on_job=SPEC.name)
    spec = spec_of(LayerSpec(name="layer", range="1-4"), name="show-shot-me_x", outside=(outside,))
    (other,) = launching.launch(b.farm, [spec], [ids.job_id(2)], b.decision, now=2.0)
    gate = EdgeKind.LAYER_ON_LAYER
    store.commit(b.decide())

    whole = EdgeSpec(layer="", on="clean", on_job=b.job.id, kind=gate)
    kept = depends.add_depend(b.farm, other, whole, b.decision)
    one = EdgeSpec(
        layer="layer", waiting_frame=2, on="main", on_frame=3, on_job=b.job.id, kind=gate
    )
    dropped = depends.add_depend(b.farm, other, one, b.decision)
    store.commit(b.decide())
    depends.satisfy(dropped, b.decision)
    depends.satisfy(other.edges[0], b.decision)
    store.commit(b.decide())
    depends.unsatisfy(other.edges[0], b.decision)
    b.run(0)
    store.commit(b.decide())

    expected = [picture(b.job), picture(other)]
    assert [edge.active for edge in other.edges] == [True, True, False]
    assert kept.spec in [edge.spec for edge in other.edges]
    assert reopened(store) == expected


def test_a_running_frame_whose_input_is_made_again_runs_again_after_a_restart(
    tmp_path: Path,
) -> None:
    store, b = Store(tmp_path / "farm.db"), Bench(SPEC)
    b.run(0)
    b.start(4)
    b.retry(0)

    store.commit(b.decide())

    assert b.job.rerun_pending == {4}
    assert reopened(store) == [picture(b.job)]


def test_limits_and_the_machines_settings_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    for name, value in (("nuke", 2), ("arnold", -1), ("gone", 0)):
        limits.create(b.farm, f"id of {name}", name, value, b.decision)
    machine.add_tags(b.farm, ["fast"], b.decision)
    machine.remove_tags(b.farm, ["desktop"], b.decision)
    store.commit(b.decide())
    limits.delete(b.farm, "gone", b.decision)
    limits.rename(b.farm, "nuke", "new", b.decision)
    limits.rename(b.farm, "arnold", "nuke", b.decision)
    machine.set_services(b.farm, ["maya"], b.decision)
    machine.set_gpus(b.farm, 2, b.decision)
    machine.set_locked(b.farm, b.decision, locked=True)
    store.commit(b.decide())
    store.close()

    farm = Farm(cores=1, memory_mb=1)
    Store(tmp_path / "farm.db").load_machine(farm)

    assert farm.host == b.farm.host
    assert list(farm.limits) == list(b.farm.limits)
    assert [(limit.id, limit.name) for limit in farm.limits] == [
        ("id of nuke", "new"),
        ("id of arnold", "nuke"),
    ]


def test_a_comment_comes_with_a_job_launched_in_the_same_batch(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    b = Bench(SPEC)
    comments.add_comment(b.job, Comment(2**40 - 1, 5.0, "me", "subject", "text"), b.decision)

    store.commit(b.decide())

    assert reopened(store)[0]["comments"] == [Comment(2**40 - 1, 5.0, "me", "subject", "text")]


def test_what_is_forgotten_is_gone_and_the_file_gets_smaller(tmp_path: Path) -> None:
    store = Store(tmp_path / "farm.db")
    bench = Bench(spec_of(LayerSpec(name="main", command="x" * 100, range="1-20000")))
    requests.eat_frames(bench.farm, bench.job, range(20000), bench.decision, now=2.0)
    store.commit(bench.decide())
    store.make_room()
    before = store.path.stat().st_size

    assert forget(bench.farm, [bench.job.id], bench.decision, before=10.0) == [bench.job]
    store.commit(bench.decide())
    while store.shrink():
        pass
    store.make_room()

    assert store.path.stat().st_size < before / 4
    assert list(store.load()) == []
    store.close()
    with closing(sqlite3.connect(tmp_path / "farm.db")) as database:
        assert database.execute("SELECT count(*) FROM frame").fetchone() == (0,)
    assert reopened(Store(tmp_path / "farm.db")) == []

"""The parts of examples/vfx_shot that need no farm: motion, meshes, composite, contact sheet."""

from __future__ import annotations

import importlib
import itertools
import json
import math
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the demo extra: numpy")
pytest.importorskip("PIL", reason="needs the demo extra: Pillow")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "vfx_shot"
SIZE = (48, 32)


@pytest.fixture(autouse=True)
def example_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield
    for name in ("scene", "geometry", "comp", "sheet", "passes"):
        sys.modules.pop(name, None)


def load(name):
    return importlib.import_module(name)


def noisy_passes(comp, *, level=0.4, noise=0.1):
    random = np.random.default_rng(7)
    shape = (SIZE[1], SIZE[0])
    halves = [
        (level + noise * random.standard_normal((*shape, 3))).astype(np.float32) for _ in "ab"
    ]
    ones = np.ones((*shape, 1), np.float32)
    return comp.Passes(*halves, depth=9 * ones, occlusion=ones, matte=ones)


def test_the_camera_ends_where_it_began():
    scene = load("scene")

    assert scene.camera(1.0)["origin"] == pytest.approx(scene.camera(0.0)["origin"])


def test_the_threads_neither_stretch_nor_slacken():
    scene = load("scene")

    for phase in (0.0, 0.1, 0.25, 0.6, 0.75):
        for place, (x, _, z) in enumerate(scene.ball_centres(phase)):
            hook = (2 * scene.BALL_RADIUS * (place - 2), scene.PIVOT_HEIGHT)
            assert math.dist((x, z), hook) == pytest.approx(scene.STRING_LENGTH)


def test_balls_touch_but_never_overlap():
    scene = load("scene")

    for step in range(scene.LOOP_FRAMES):
        for one, other in itertools.pairwise(scene.ball_centres(step / scene.LOOP_FRAMES)):
            assert math.dist(one, other) >= 2 * scene.BALL_RADIUS - 1e-9


def test_one_ball_at_a_time_swings_outwards():
    scene = load("scene")

    for step in range(scene.LOOP_FRAMES):
        first, last = scene.swing(step / scene.LOOP_FRAMES)
        assert first <= 0 <= last
        assert first == pytest.approx(0) or last == pytest.approx(0)


def test_the_scene_is_written_as_json_with_its_meshes_beside_it(tmp_path):
    scene = load("scene")

    files = scene.write(tmp_path, SIZE)

    shot = json.loads(files[0].read_text())
    assert len(shot["poses"]) == scene.LOOP_FRAMES
    wanted = {shape["filename"] for shape in shot["shapes"] if "filename" in shape}
    assert wanted == {file.name for file in files[1:]}


def test_meshes_are_whole_and_their_normals_have_length_one():
    scene = load("scene")

    for mesh in scene.meshes().values():
        assert mesh.triangles.min() == 0
        assert mesh.triangles.max() == len(mesh.points) - 1
        assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1, abs=1e-5)


def test_denoising_keeps_the_level_and_removes_most_of_the_noise():
    comp = load("comp")
    passes = noisy_passes(comp)

    before = (passes.first + passes.second) / 2
    after = comp.denoise(passes.first, passes.second, comp.log_depth(passes.depth))

    assert after.mean() == pytest.approx(0.4, abs=0.01)
    assert after.std() < before.std() / 3


def test_denoising_does_not_cross_an_edge_in_depth():
    comp = load("comp")
    near = np.zeros((SIZE[1], SIZE[0], 3), np.float32)
    near[:, 24:] = 1
    depth = np.where(near[..., :1] > 0, 20, 5).astype(np.float32)

    after = comp.smooth(near, comp.log_depth(depth))

    assert after == pytest.approx(near, abs=1e-3)


def test_a_firefly_that_its_twin_does_not_see_is_dimmed():
    comp = load("comp")
    first = np.full((9, 9, 3), 0.5, np.float32)
    second = first.copy()
    first[4, 4] = 500

    dimmed, untouched = comp.without_fireflies(first, second)

    assert dimmed[4, 4].max() < 1
    assert untouched == pytest.approx(second)


def test_mirrors_are_not_darkened_by_occlusion():
    comp = load("comp")
    grey = np.full((2, 2, 3), 0.5, np.float32)
    hidden = np.zeros((2, 2, 1), np.float32)
    matte = np.array([[[0.0], [1.0]], [[0.0], [1.0]]], np.float32)

    grounded = comp.ground(grey, hidden, matte)

    assert grounded[0, 0] == pytest.approx(grey[0, 0])
    assert (grounded[0, 1] < grey[0, 1]).all()


def test_the_film_curve_rises_from_black_to_white():
    comp = load("comp")
    light = np.geomspace(1e-3, 100, 64).astype(np.float32)

    display = comp.film(light)

    assert (np.diff(display) >= 0).all()
    assert display[0] < 0.1
    assert display[-1] == 1


def test_the_composite_is_a_displayable_picture_of_the_same_size():
    comp = load("comp")

    picture = comp.composite(noisy_passes(comp))
    image = comp.burn_in(picture, "demo", "0001")

    assert picture.min() >= 0
    assert picture.max() <= 1
    assert image.size == SIZE


@pytest.mark.parametrize("count", [1, 5, 6, 24, 25])
def test_contact_sheet_cells_stay_on_the_page_and_apart(count):
    plan = load("sheet").layout(count, 16 / 9)

    boxes = [*plan.panels, *plan.cells]
    assert len(plan.cells) == count
    for box in boxes:
        assert box.left >= 0
        assert box.left + box.width <= plan.width
        assert box.top + box.height <= plan.height
    for one, other in itertools.combinations(boxes, 2):
        beside = one.left + one.width <= other.left or other.left + other.width <= one.left
        below = one.top + one.height <= other.top or other.top + other.height <= one.top
        assert beside or below


def test_every_pass_renders_and_the_composite_takes_them(tmp_path):
    pytest.importorskip("mitsuba", reason="needs the demo extra: mitsuba")
    scene, passes, comp = load("scene"), load("passes"), load("comp")
    scene_file = scene.write(tmp_path, SIZE)[0]
    files = [tmp_path / f"{name}.npz" for name in passes.RENDERERS]

    for render, file in zip(passes.RENDERERS.values(), files, strict=True):
        report = render(scene_file, 25, 2, file)
        assert report["path"] == str(file)
        assert report["samples"] == 2

    assert comp.composite(comp.read_passes(*files)).mean() > 0.05

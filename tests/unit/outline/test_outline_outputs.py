"""Which files a layer's outputs are, and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outline import Outline
from outline._layer.outputs import declared, files_of, min_bytes_of, pattern_of
from outline.exception import InvalidSettingError, LayerException
from outline.io import FileSpec
from outline.io import Path as OutlinePath
from outline.jobspec import tokens
from outline.jobspec.files import find_fault
from outline.modules.shell import Shell
from outline.spec import CUELET, Options, build_spec
from outline.util import FrameSet


def known(frame: int) -> dict[str, str]:
    return tokens.values(frame=frame, frames=[frame], chunk=1, layer="beauty", job="job")


@pytest.mark.parametrize(
    ("path", "places"),
    [
        (FileSpec("/out/b.1-10####.exr"), ["/out/b.0007.exr"]),
        (FileSpec("/out/b.@@@.exr"), ["/out/b.007.exr"]),
        (FileSpec("/out/b.%05d.exr"), ["/out/b.00007.exr"]),
        (FileSpec("/out/b.#.exr"), ["/out/b.7.exr"]),
        (FileSpec("/out/b.#.exr", checkExt=["png", ".tif"]), ["/out/b.7.exr", "/out/b.7.png", "/out/b.7.tif"]),
        (OutlinePath("/out/b.####.exr"), ["/out/b.0007.exr"]),
        (OutlinePath("/out/b.#IFRAME#.exr"), ["/out/b.7.exr"]),
        (OutlinePath("/out/#LAYER#/b.#ZFRAME#.exr"), ["/out/beauty/b.0007.exr"]),
        (OutlinePath("/out/b.%{FRAME}.exr"), ["/out/b.7.exr"]),
        (OutlinePath("/out/b.0001.exr"), ["/out/b.0001.exr"]),
        (OutlinePath("/out/movie.mov"), ["/out/movie.mov"]),
    ],
)  # fmt: skip
def test_an_output_names_one_file_per_frame(path: OutlinePath, places: list[str]) -> None:
    assert list(files_of(path, [7], known)) == [places]


def test_every_frame_of_a_chunk_has_its_file_and_a_movie_is_one() -> None:
    assert list(files_of(FileSpec("/b.##.exr"), [1, 3, 5], known)) == [
        ["/b.01.exr"],
        ["/b.03.exr"],
        ["/b.05.exr"],
    ]
    assert list(files_of(OutlinePath("/b.mov"), [1, 3, 5], known)) == [["/b.mov"]]


def test_negative_frames_are_padded_as_python_does() -> None:
    assert list(files_of(FileSpec("/b.####.exr"), [-5], known)) == [["/b.-005.exr"]]
    assert FileSpec("/b.####.exr").get_frame_path(-5) == "/b.-005.exr"


def test_a_file_needs_content_and_a_directory_an_entry(tmp_path: Path) -> None:
    file, folder = tmp_path / "a", tmp_path / "b"

    assert find_fault([str(file)]) == f"{file} is missing"
    file.touch()
    assert find_fault([str(file)]) == f"{file} is empty"
    file.write_bytes(b"12345")
    assert find_fault([str(file)]) == ""
    assert find_fault([str(file)], 6) == f"{file} has 5 bytes, less than 6"
    assert find_fault([str(file / "below")]) == f"{file / 'below'} is missing"
    assert find_fault(["a\0b"]).startswith("a\0b cannot be looked at")
    folder.mkdir()
    assert find_fault([str(folder)]) == f"{folder} is an empty directory"
    (folder / "c").touch()
    assert find_fault([str(folder)]) == ""
    assert find_fault([str(tmp_path / "no"), str(file)]) == ""


@pytest.mark.parametrize("value", ["many", 0, -1, 1.5, True])
def test_a_minimum_that_is_no_number_of_bytes_is_refused(value: object) -> None:
    with pytest.raises(InvalidSettingError, match="min_bytes"):
        min_bytes_of(OutlinePath("/a", min_bytes=value))


def test_a_frame_fails_without_its_output(tmp_path: Path) -> None:
    layer = Shell("render", command=["true"], range="1-3")
    layer.add_output("image", FileSpec(tmp_path / "a.#.exr", checked=True, min_bytes=3))
    layer.add_output("note", tmp_path / "never")

    with pytest.raises(LayerException, match=r"output 'image': .*a\.2\.exr is missing"):
        layer.check_output(FrameSet("2"))
    (tmp_path / "a.2.exr").write_text("ab")
    with pytest.raises(LayerException, match="less than 3"):
        layer.check_output(FrameSet("2"))
    (tmp_path / "a.2.exr").write_text("abc")
    layer.check_output(FrameSet("2"))


def test_what_the_farm_checks_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = Shell("my-render", command=["true"], range="1-3")
    layer.add_output("image", OutlinePath(tmp_path / "no", checked=True))
    layer.add_output("later", OutlinePath(tmp_path / "no2", checked=True))

    monkeypatch.setenv("CUELET_CHECKED_OUTPUTS", '["my_render/image"]')
    with pytest.raises(LayerException, match="'later'"):
        layer.check_output(FrameSet("1"))
    monkeypatch.setenv("CUELET_CHECKED_OUTPUTS", '["my_render/image", "my_render/later"]')
    layer.check_output(FrameSet("1"))
    monkeypatch.setenv("CUELET_CHECKED_OUTPUTS", "garbage")
    with pytest.raises(LayerException, match="'image'"):
        layer.check_output(FrameSet("1"))


def extension(outline: Outline, *, use_pycuerun: bool = True) -> dict[str, object]:
    text = build_spec(outline, CUELET, Options(use_pycuerun=use_pycuerun)).xml
    return dict(json.loads(text.partition("<cuelet>")[2].partition("</cuelet>")[0])["layers"])


def test_only_checked_outputs_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    outline = Outline("job", frame_range="1-3")
    render = Shell("my-render", command=["true"])
    silent = Shell("silent", command=["true"], nocheck=True)
    outline.add_layer(render)
    outline.add_layer(silent)
    render.add_output("image", FileSpec("~/a.##.exr", checked=True, min_bytes=9))
    render.add_output("note", "/note")
    silent.add_output("image", OutlinePath("/b", checked=True))

    layers = extension(outline, use_pycuerun=False)

    assert "outputs" not in layers["silent"]  # type: ignore[operator]
    assert layers["my_render"]["outputs"] == [  # type: ignore[index]
        {"name": "image", "paths": ["/home/me/a.#IFRAME#.exr"], "digits": 2, "checked": True, "min_bytes": 9}
    ]  # fmt: skip
    assert declared("x", OutlinePath("/b"))["checked"] is False


def test_text_that_only_looks_like_a_sequence_stays_a_path() -> None:
    assert pattern_of(OutlinePath("/out/a#b/movie.mov")) == (["/out/a#b/movie.mov"], 1)
    assert pattern_of(OutlinePath("/out/shot#1.mov")) == (["/out/shot#1.mov"], 1)

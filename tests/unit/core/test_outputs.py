"""Which files a frame should make."""

from __future__ import annotations

from cuelet.core.operations.command import Place
from cuelet.core.operations.outputs import output_files
from cuelet.core.values.runs import OutputFile
from outline.jobspec.model import DeclaredFile, LayerSpec, spec_from_dict, spec_to_dict
from tests.unit.core.bench import Bench, spec_of

PLACE = Place(host="here", log_root="/logs", scratch="/tmp", path_map={"/mnt": "/here"})
IMAGE = DeclaredFile(
    name="image", paths=("/mnt/b.#IFRAME#.exr",), digits=4, checked=True, min_bytes=9
)


def files(*declared: DeclaredFile, cwd: str = "/cwd", chunk: int = 1) -> list[OutputFile]:
    layer = LayerSpec(name="render", command="x", range="1-5", chunk=chunk, output_files=declared)
    return list(output_files(Bench(spec_of(layer, cwd=cwd)).job, 1, PLACE))


def test_a_file_per_frame_of_the_chunk_padded_and_mapped() -> None:
    found = files(IMAGE, chunk=2)

    assert found == [
        OutputFile("render/image", ("/here/b.0003.exr",), 9, checked=True),
        OutputFile("render/image", ("/here/b.0004.exr",), 9, checked=True),
    ]


def test_a_file_of_the_chunk_is_looked_at_once() -> None:
    spec = DeclaredFile(name="part", paths=("/a/#FRAME_START#-#FRAME_END#.mov",))

    assert [file.paths for file in files(spec, chunk=2)] == [("/a/3-4.mov",)]


def test_a_relative_path_begins_where_the_frame_does() -> None:
    assert [f.paths for f in files(DeclaredFile(name="a", paths=("out/./a", "../b")))] == [
        ("/cwd/out/a", "/b")
    ]


def test_declared_files_survive_the_database() -> None:
    spec = spec_of(LayerSpec(name="render", command="x", output_files=(IMAGE,)))

    assert spec_from_dict(spec_to_dict(spec)) == spec


def test_a_job_of_an_older_database_declares_nothing() -> None:
    kept = spec_to_dict(spec_of(LayerSpec(name="render", command="x")))
    for layer in kept["layers"]:
        del layer["output_files"]

    assert spec_from_dict(kept).layers[0].output_files == ()

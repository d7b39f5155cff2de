"""What a layer keeps in the session, and what it reads and writes."""

from __future__ import annotations

import os

from outline._layer.dependencies import Waiting
from outline.exception import LayerException, NoSessionError
from outline.session import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from outline.io import Path
    from outline.session import Session
    from outline.util import FrameSet


class Storage(Waiting):
    """The files and data of a layer, its inputs and outputs."""

    _stage: Stage
    _inputs: dict[str, Path]
    _outputs: dict[str, Path]

    def _live_session(self) -> Session | None:
        outline = self.find_outline()
        return outline.find_session() if outline is not None else None

    def get_session(self) -> Session:
        """Return the session; raises SessionException before setup."""
        return self.get_outline().get_session()

    def get_path(self) -> str:
        """Return the layer's directory in the session; before setup the one it will have."""
        session = self._live_session()
        if session is not None:
            return session.get_path(self)
        outline = self.find_outline()
        if outline is None:
            raise NoSessionError(
                thing=self._thing(),
                advice="add the layer to an outline first: outline.add_layer(layer)",
            )
        return os.path.join(outline.reserve_session_path(), "layers", self.get_name())

    def put_file(self, src: Any, rename: str | None = None) -> str | None:
        """Copy a file into the layer's directory; before setup it is copied by setup.

        Returns:
            Its path in the session; None while the layer is in no outline.

        Raises:
            SessionException: There is no such file, or its name is unsafe.
        """
        return self._put(src, rename, link=False)

    def sym_file(self, src: Any, rename: str | None = None) -> str | None:
        """Make a symlink in the layer's directory, as `put_file` does for big files."""
        return self._put(src, rename, link=True)

    def _put(self, src: Any, rename: str | None, *, link: bool) -> str | None:
        session = self._live_session()
        if session is not None:
            return (session.sym_file if link else session.put_file)(src, layer=self, rename=rename)
        name = self._stage.put_file(self._thing(), src, rename, link=link)
        return None if self.find_outline() is None else os.path.join(self.get_path(), name)

    def get_file(self, name: str, check: bool = True, new: bool = False) -> str:
        """Return the path of a file in the layer's directory; before setup the one it will have.

        Args:
            name: The name it was stored under.
            check: The file has to be there.
            new: The file has to be absent, because it is about to be made.

        Raises:
            SessionException: ``check`` or ``new`` is not met.
        """
        session = self._live_session()
        if session is not None:
            return session.get_file(name, layer=self, check=check, new=new)
        return self._stage.future_file(self._thing(), self.get_path(), name, check=check, new=new)

    def put_data(self, key: str, value: Any, force: bool = False) -> None:
        """Store a value as YAML; before setup it is stored by setup.

        Storing the same value again, as a retried frame does, is fine.

        Raises:
            SessionException: Another value is there and ``force`` is false, or the value has no YAML form.
        """
        session = self._live_session()
        if session is not None:
            session.put_data(key, value, layer=self, force=force)
        else:
            self._stage.put_data(self._thing(), key, value, force=force)

    def get_data(self, key: str) -> Any:
        """Return a stored value; raises SessionException when there is none."""
        session = self._live_session()
        if session is not None:
            return session.get_data(key, layer=self)
        return self._stage.get_data(self._thing(), key)

    # Inputs and outputs.

    def add_input(self, name: str | None, inpt: Any) -> None:
        """Name something the layer reads: a path, a FileSpec or text; without a name it is called input0, ..."""
        self._add_path(self._inputs, "input", name, inpt)

    def add_output(self, name: str | None, output: Any) -> None:
        """Name something the layer writes: a path, a FileSpec or text; without a name it is called output0, ..."""
        self._add_path(self._outputs, "output", name, output)

    def _add_path(self, paths: dict[str, Path], kind: str, name: str | None, path: Any) -> None:
        from outline.io import Path

        name = name or f"{kind}{len(paths)}"
        if name in paths:
            raise LayerException(
                f"{self._thing()} has an {kind} {name!r} already; use another name"
            )
        paths[name] = path if isinstance(path, Path) else Path(path)

    def get_input(self, name: str) -> Path:
        """Return an input; raises LayerException when there is none of that name."""
        return self._get_path(self._inputs, "input", name)

    def get_output(self, name: str) -> Path:
        """Return an output; raises LayerException when there is none of that name."""
        return self._get_path(self._outputs, "output", name)

    def _get_path(self, paths: dict[str, Path], kind: str, name: str) -> Path:
        if name not in paths:
            known = ", ".join(paths) or "none"
            raise LayerException(f"{self._thing()} has no {kind} {name!r}; there are: {known}")
        return paths[name]

    def get_inputs(self) -> dict[str, Path]:
        """Return the inputs by name."""
        return self._inputs

    def get_outputs(self) -> dict[str, Path]:
        """Return the outputs by name."""
        return self._outputs

    def set_input_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every input."""
        for path in self._inputs.values():
            path.set_attribute(name, value)

    def set_output_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every output."""
        for path in self._outputs.values():
            path.set_attribute(name, value)

    def check_input(self, frame_set: FrameSet | None = None) -> None:
        """Check that every input with attribute ``checked`` exists; raises LayerException."""
        if self.get_arg("nocheck"):
            return
        for name, path in self._inputs.items():
            if path.get_attribute("checked") and not path.exists(frame_set):
                raise LayerException(
                    f"layer {self.get_name()!r}: input {name!r} is not there: {path}"
                )

    def check_output(self, frame_set: FrameSet | None = None) -> None:
        """Check that every output with attribute ``checked`` exists and has content; raises LayerException.

        Those that a farm or local job checks itself, once the frame has ended, are left to it.
        """
        checked = self.get_checked_outputs()
        if not checked:
            return
        from outline.jobspec.files import taken_over
        from outline.jobspec.names import wire_name

        left = taken_over()
        for name, path in checked.items():
            if f"{wire_name(self.get_name())}/{name}" not in left:
                self._check_output(name, path, frame_set or self._own_frames())

    def get_checked_outputs(self) -> dict[str, Path]:
        """Return the outputs by name that have to be there when a frame has ended."""
        if self.get_arg("nocheck"):
            return {}
        return {name: path for name, path in self._outputs.items() if path.get_attribute("checked")}

    def _own_frames(self) -> Sequence[int]:
        return self.get_tasks().frames

    def _check_output(self, name: str, path: Path, frames: Sequence[int]) -> None:
        from outline import io
        from outline._layer import outputs
        from outline.jobspec.files import find_fault

        for places in outputs.files_of(path, frames, lambda frame: self._tokens(frame, frames)):
            here = [io.here(place) for place in places]
            if fault := find_fault(here, outputs.min_bytes_of(path)):
                raise LayerException(f"layer {self.get_name()!r}: output {name!r}: {fault}")

    def _tokens(self, frame: int, frames: Sequence[int]) -> dict[str, str]:
        """Return what every token stands for in a frame of a chunk."""
        from outline.jobspec import tokens
        from outline.jobspec.names import wire_name

        outline = self.find_outline()
        job = os.environ.get("CUE_JOB") or (outline.get_full_name() if outline else "job")
        layer = os.environ.get("CUE_LAYER") or wire_name(self.get_name())
        return tokens.values(
            frame=frame, frames=frames, chunk=self.get_chunk_size(), layer=layer, job=job
        )

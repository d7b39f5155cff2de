"""What a layer keeps in the session, and what it reads and writes."""

from __future__ import annotations

import os

from outline._layer.part import Part
from outline._session.kept import Kept, Stage
from outline.exception import InvalidSettingError, LayerException, NoSessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from outline._layer.protocols import AnyLayer
    from outline._session.kept import Shelf
    from outline.io import Path
    from outline.session import Session
    from outline.util import FrameSet

_ANNOUNCED = "ol:outputs"
"""Where a pre-process stores its outputs for its creator; PyOutline's key."""


class Storage(Part, Kept):
    """The files and data of a layer."""

    stays = frozenset({"stage"})

    def __init__(self, layer: AnyLayer) -> None:
        super().__init__(layer)
        self.stage = Stage()

    def thing(self) -> str:
        """Return the layer, for messages."""
        return self.layer._thing()

    def find_session(self) -> Session | None:
        """Return the session, or None before setup or without an outline."""
        outline = self.layer.find_outline()
        return outline.find_session() if outline is not None else None

    def shelf(self) -> Shelf | None:
        """Return where the layer's things are in the session, or None before setup."""
        session = self.find_session()
        return session.shelf(self.layer) if session is not None else None

    def future_folder(self) -> str | None:
        """Return where they will be; None while the layer is in no outline."""
        return None if self.layer.find_outline() is None else self.layer.get_path()

    def get_session(self) -> Session:
        """Return the session; raises SessionException before setup."""
        return self.layer.get_outline().get_session()

    def get_path(self) -> str:
        """Return the layer's directory in the session; before setup the one it will have."""
        session = self.find_session()
        if session is not None:
            return session.get_path(self.layer)
        outline = self.layer.find_outline()
        if outline is None:
            raise NoSessionError(
                thing=self.layer._thing(),
                reason="add the layer to an outline first: outline.add_layer(layer)",
            )
        return os.path.join(outline.reserve_session_path(), "layers", self.layer.get_name())


class Paths(Part):
    """The inputs and outputs of a layer, by name."""

    def __init__(self, layer: AnyLayer) -> None:
        super().__init__(layer)
        self.inputs: dict[str, Path] = {}
        self.outputs: dict[str, Path] = {}

    def add_input(self, name: str | None, inpt: Any) -> None:
        """Name something the layer reads: a path, a FileSpec or text; without a name it is called input0, ..."""
        self._add(self.inputs, "input", name, inpt)

    def add_output(self, name: str | None, output: Any) -> None:
        """Name something the layer writes: a path, a FileSpec or text; without a name it is called output0, ..."""
        self._add(self.outputs, "output", name, output)

    def _add(self, paths: dict[str, Path], kind: str, name: str | None, path: Any) -> None:
        from outline.io import Path

        name = name or f"{kind}{len(paths)}"
        if name in paths:
            raise LayerException(
                f"{self.layer._thing()} has an {kind} {name!r} already; use another name"
            )
        paths[name] = path if isinstance(path, Path) else Path(path)

    def get_input(self, name: str) -> Path:
        """Return an input; raises LayerException when there is none of that name."""
        return self._get(self.inputs, "input", name)

    def get_output(self, name: str) -> Path:
        """Return an output; raises LayerException when there is none of that name."""
        return self._get(self.outputs, "output", name)

    def _get(self, paths: dict[str, Path], kind: str, name: str) -> Path:
        if name not in paths:
            known = ", ".join(paths) or "none"
            raise LayerException(
                f"{self.layer._thing()} has no {kind} {name!r}; there are: {known}"
            )
        return paths[name]

    def get_inputs(self) -> dict[str, Path]:
        """Return the inputs by name."""
        return self.inputs

    def get_outputs(self) -> dict[str, Path]:
        """Return the outputs by name."""
        return self.outputs

    def set_input_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every input."""
        for path in self.inputs.values():
            path.set_attribute(name, value)

    def set_output_attribute(self, name: str, value: Any) -> None:
        """Set an attribute of every output."""
        for path in self.outputs.values():
            path.set_attribute(name, value)

    def make_folders(self) -> None:
        """Make the directories of outputs with attribute ``mkdir``."""
        for path in self.outputs.values():
            if path.get_attribute("mkdir"):
                path.mkdir()

    def announce(self) -> None:
        """Store the outputs for the layer whose pre-process this one is."""
        from outline.io import path_to_data

        if self.outputs:
            announced = {name: path_to_data(path) for name, path in self.outputs.items()}
            self.layer.put_data(_ANNOUNCED, announced, force=True)

    def take_announced(self, session: Session, process: str) -> None:
        """Take over the outputs that a pre-process announced, given its name."""
        from outline.io import path_from_data

        if session.has_data(_ANNOUNCED, layer=process):
            stored: dict[str, Any] = session.get_data(_ANNOUNCED, layer=process)
            for name, each in stored.items():
                self.outputs.setdefault(name, path_from_data(each))

    # Checks.

    def check_skip(self) -> None:
        """Raise InvalidSettingError when frames may be skipped but nothing says what they make."""
        if self.layer.get_arg("skip_existing") and not self.outputs:
            raise InvalidSettingError(
                thing=self.layer._thing(),
                setting="skip_existing",
                value=True,
                remedy="say what its frames make with layer.add_output(name, path)",
            )

    def check_input(self, frame_set: FrameSet | None = None) -> None:
        """Check that every input with attribute ``checked`` exists; raises LayerException."""
        if self.layer.get_arg("nocheck"):
            return
        for name, path in self.inputs.items():
            if path.get_attribute("checked") and not path.exists(frame_set):
                raise LayerException(
                    f"layer {self.layer.get_name()!r}: input {name!r} is not there: {path}"
                )

    def check_output(self, frame_set: FrameSet | None = None) -> None:
        """Check that every output with attribute ``checked`` exists and has content; raises LayerException.

        Those that a farm or local job checks itself, once the frame has ended, are left to it.
        """
        checked = self.layer.get_checked_outputs()
        if not checked:
            return
        from outline.jobspec.files import taken_over
        from outline.jobspec.names import wire_name

        left = taken_over()
        for name, path in checked.items():
            if f"{wire_name(self.layer.get_name())}/{name}" not in left:
                self._check_output(name, path, frame_set or self._frames())

    def _frames(self) -> FrameSet:
        from outline.util import FrameSet

        return FrameSet(self.layer.get_tasks().frames)

    def get_checked_outputs(self) -> dict[str, Path]:
        """Return the outputs by name that have to be there when a frame has ended."""
        if self.layer.get_arg("nocheck"):
            return {}
        return {name: path for name, path in self.outputs.items() if path.get_attribute("checked")}

    def _check_output(self, name: str, path: Path, frames: FrameSet) -> None:
        from outline import io
        from outline._layer import outputs
        from outline.jobspec.files import find_fault

        if io.decides_itself(path):
            if not path.exists(frames):
                raise LayerException(
                    f"layer {self.layer.get_name()!r}: output {name!r} is not there: {path}"
                )
            return
        for places in outputs.files_of(path, frames, lambda frame: self.tokens(frame, frames)):
            here = [io.here(place) for place in places]
            if fault := find_fault(here, outputs.min_bytes_of(path)):
                raise LayerException(f"layer {self.layer.get_name()!r}: output {name!r}: {fault}")

    def tokens(self, frame: int, frames: Sequence[int]) -> dict[str, str]:
        """Return what every token stands for in a frame of a chunk."""
        from outline._layer.environment import token_values

        return token_values(self.layer, frame, frames)

"""Layer classes of a studio, in a module that is imported: their sessions hold the name of the class and its values."""

from __future__ import annotations

from outline.layer import Layer


class Stamp(Layer):
    """Writes what it knows into the session."""

    def __init__(self, name: str, **args: object) -> None:
        super().__init__(name, **args)
        self.colours = ["red", "green"]
        self.notes = {"by": "ada", "take": 3}
        self.require_arg("quality")

    def _setup(self) -> None:
        self.put_data("made", {"quality": self.get_arg("quality")})

    def _execute(self, frames: object) -> None:
        found = [self.get_arg("quality"), self.colours, self.notes, self.get_data("made")]
        print(self.get_name(), list(frames), *found)  # type: ignore[call-overload]

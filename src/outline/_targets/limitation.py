"""What a target cannot do as written, as a value: who is told decides how to say it."""

from __future__ import annotations

ELSEWHERE = "say what you want in a way every backend knows, or choose the backend"
"""The way out where there is no nearer one."""

CHUNK = "chunk"
CORES = "cores"
DEPEND = "depend"
ENVIRONMENT = "environment"
JOB_CORES = "job-cores"
LEFT_OUT = "left-out"
MAX_CORES = "max-cores"
OUTPUTS = "outputs"
PATHS = "paths"
RETRIES = "retries"
SKIP_EXISTING = "skip-existing"
SPEC_VERSION = "spec-version"
START_AFTER = "start-after"
TOKENS = "tokens"


class Limitation:
    """One thing that comes out differently.

    Args:
        code: What it is about: one of the constants of this module.
        text: What becomes of it, as a sentence.
        layer: The layer, as the script spells it; None: the whole job.
        remedy: What to do about it.
    """

    __slots__ = ("code", "layer", "remedy", "text")

    def __init__(
        self, code: str, text: str, *, layer: str | None = None, remedy: str = ELSEWHERE
    ) -> None:
        self.code, self.text, self.layer, self.remedy = code, text, layer, remedy

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Limitation({self.code!r}, {self.text!r}, layer={self.layer!r})"

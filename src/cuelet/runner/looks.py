"""Looking at the files of frames that might not have to run; for a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cuelet.core.operations.skip import Question, Seen
from cuelet.runner.fingerprints import take_fingerprint, take_settled_fingerprint

_log = logging.getLogger(__name__)


def look(questions: Sequence[Question]) -> list[Seen]:
    """Return what was found for each question, in order."""
    return [_look_surely(question) for question in questions]


def _look_surely(question: Question) -> Seen:
    try:
        return _look(question)
    except Exception:  # noqa: BLE001 supervisor: a thread that dies in silence would hold its frames for ever
        _log.exception("a look at files failed")
        return Seen(question, fault="its files could not be looked at")


def _look(question: Question) -> Seen:
    """Look at the outputs first: an input that changes meanwhile is then the newer one."""
    outputs = take_fingerprint(question.outputs)
    inputs = take_settled_fingerprint(question.inputs)
    return Seen(
        question,
        inputs=inputs.text,
        outputs=outputs.text,
        is_newer=bool(outputs.text and inputs.text) and outputs.oldest_ns >= inputs.newest_ns,
        fault=f"output {outputs.fault}" if outputs.fault else _input_fault(inputs.fault),
    )


def _input_fault(fault: str) -> str:
    return f"input {fault}" if fault else ""

"""What the files of frames look like that might not have to run; for a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cuelet.core.operations.skip import CheckRequest, CheckResult
from cuelet.runner.fingerprints import take_fingerprint, take_settled_fingerprint

_log = logging.getLogger(__name__)


def check_files(requests: Sequence[CheckRequest]) -> list[CheckResult]:
    """Return what was found for each request, in order."""
    return [_check_surely(request) for request in requests]


def _check_surely(request: CheckRequest) -> CheckResult:
    try:
        return _check(request)
    except Exception:  # noqa: BLE001 supervisor: a thread that dies in silence would hold its frames for ever
        _log.exception("a check of files failed")
        return CheckResult(request, fault="its files could not be looked at")


def _check(request: CheckRequest) -> CheckResult:
    """Look at the outputs first: an input that changes meanwhile is then the newer one."""
    outputs = take_fingerprint(request.outputs)
    inputs = take_settled_fingerprint(request.inputs)
    return CheckResult(
        request,
        inputs=inputs.text,
        outputs=outputs.text,
        is_newer=bool(outputs.text and inputs.text) and outputs.oldest_ns >= inputs.newest_ns,
        fault=f"output {outputs.fault}" if outputs.fault else _input_fault(inputs.fault),
    )


def _input_fault(fault: str) -> str:
    return f"input {fault}" if fault else ""

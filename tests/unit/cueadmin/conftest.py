"""The command run in this process, against the farm double of the client's tests."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "opencue"))

from client_fixtures import clean_client, cuelet, stock
from farm_double import FarmDouble

from cueadmin.main import main

__all__ = ["clean_client", "cuelet", "stock"]


@dataclass
class Ran:
    """What a call of the command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command with arguments, and with answers to its questions."""

    monkeypatch.setattr("cueadmin.util.enableDebugLogging", lambda: None)  # it stays enabled

    def call(*argv: str, answer: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        try:
            code = main(argv)
        except SystemExit as done:
            code = int(done.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def farm(stock: FarmDouble) -> FarmDouble:
    """A stock server that finds whatever name it is asked for."""
    named = {
        "Job/FindJob": "job", "Show/FindShow": "show", "Allocation/Find": "allocation",
        "Subscription/Find": "subscription", "Facility/Get": "facility",
    }  # fmt: skip
    for method, field in named.items():
        stock.answers[method] = lambda request, field=field: {
            field: {"id": request.name, "name": request.name}
        }
    stock.answers["Host/GetHosts"] = lambda request: {
        "hosts": {"hosts": [{"id": name, "name": name} for name in request.r.hosts]}
        if request.r.hosts
        else {"hosts": [{"id": "h1", "name": "h1"}, {"id": "h2", "name": "h2"}]}
    }
    return stock

"""``python -m cuelet`` is the ``cuelet`` command."""

from cuelet.programs import cuelet

raise SystemExit(cuelet())

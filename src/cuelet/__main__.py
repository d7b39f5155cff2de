"""``python -m cuelet`` is the ``cuelet`` command."""

from cuelet.cli.main import main

raise SystemExit(main())

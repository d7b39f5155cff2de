"""Run ``python -m cueadmin``."""

from cuelet.programs import cueadmin as main

if __name__ == "__main__":
    raise SystemExit(main())

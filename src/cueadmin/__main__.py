"""Run ``python -m cueadmin``."""

from cuelet.programs import cueadmin

if __name__ == "__main__":
    raise SystemExit(cueadmin())

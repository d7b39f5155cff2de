"""Run ``python -m cueadmin``."""

import sys

from cueadmin.main import main

if __name__ == "__main__":
    sys.exit(main())

"""Look for counterexamples: the property tests with a larger budget and fresh seeds, until the time is over.

``python -m tests.property.search --seconds 1800``; the first failure ends it, its seed is printed.
What it finds becomes an `example` of the test that found it.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time

PLACES = (
    "tests/property",
    "tests/conformance",
    "tests/unit",
    "tests/integration/test_local_backend.py",
)
"""Where properties are; hypothesis marks them itself."""
TIMES = 10


def main() -> int:
    """Search for so many seconds; return 1 when something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0)
    options = parser.parse_args()
    until, rounds = time.monotonic() + options.seconds, 0
    while time.monotonic() < until:
        seed = random.randrange(10**9)
        print(f"round {rounds + 1}, --hypothesis-seed={seed}", flush=True)
        command = [sys.executable, "-m", "pytest", "-n", "2", "--timeout", "3600"]
        chosen = ["-m", "hypothesis and not long", f"--hypothesis-seed={seed}", *PLACES]
        environment = {**os.environ, "CUELET_EXAMPLES": str(TIMES)}
        if subprocess.run([*command, *chosen], env=environment, check=False).returncode:
            return 1
        rounds += 1
    print(f"{rounds} rounds of {TIMES} times the examples found nothing")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

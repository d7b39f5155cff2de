"""Ray: commands run by two workers, each with a log file of its own."""

import subprocess
import sys
import time

import ray
from loop import serve

HOME = sys.argv[1]


@ray.remote(num_cpus=1)
def command(number, argv, _after=None):
    with open(f"{HOME}/{number}.log", "wb") as log:
        subprocess.run(argv, stdout=log, stderr=log, check=True)
    return number


def rate(n):
    began = time.perf_counter()
    ray.get([command.remote(number, ["/bin/true"]) for number in range(n)])
    return [time.perf_counter() - began]


def chain(n):
    last = None
    for number in range(n):
        last = command.remote(number, ["date", "+%s.%N"], last)
    ray.get(last)
    return [float(open(f"{HOME}/{number}.log").read()) for number in range(n)]


ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
serve(rate, chain)
ray.shutdown()

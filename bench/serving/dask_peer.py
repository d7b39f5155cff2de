"""Dask distributed: commands run by two workers, each with a log file of its own."""

import subprocess
import sys
import time

from distributed import Client, LocalCluster, wait
from loop import serve

HOME = sys.argv[1]


def command(number, argv, _after=None):
    with open(f"{HOME}/{number}.log", "wb") as log:
        subprocess.run(argv, stdout=log, stderr=log, check=True)
    return number


def main():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):

        def rate(n):
            began = time.perf_counter()
            wait(client.map(command, range(n), argv=["/bin/true"], pure=False))
            return [time.perf_counter() - began]

        def chain(n):
            all_ = [client.submit(command, 0, ["date", "+%s.%N"], pure=False)]
            for number in range(1, n):
                argv = ["date", "+%s.%N"]
                all_.append(client.submit(command, number, argv, all_[-1], pure=False))
            wait(all_)
            return [float(open(f"{HOME}/{number}.log").read()) for number in range(n)]

        serve(rate, chain)


if __name__ == "__main__":
    main()

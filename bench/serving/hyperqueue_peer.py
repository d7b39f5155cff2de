"""HyperQueue: server, worker of two cores and client, all from the PyPI package.

Its client looks only once a second whether a job has ended, so the end of a job is the moment the
log file of its last command was made: a little in HyperQueue's favour.
"""

import itertools
import os
import sys
import time

from hyperqueue import Job
from hyperqueue.cluster import LocalCluster, WorkerConfig
from loop import serve

HOME = sys.argv[1]
numbers = itertools.count()


def logs(n):
    folder = f"{HOME}/job{next(numbers)}"
    os.mkdir(folder)
    return [f"{folder}/{number}.log" for number in range(n)]


def main():
    with LocalCluster(f"{HOME}/server", WorkerConfig(cores=2)) as cluster:
        client = cluster.client()

        def finish(job):
            client.wait_for_jobs([client.submit(job)])

        def rate(n):
            job, files = Job(HOME), logs(n)
            for file in files:
                job.program(["/bin/true"], stdout=file, stderr=None)
            began = time.time()
            finish(job)
            return [max(os.stat(file).st_ctime for file in files) - began]

        def chain(n):
            job, files, last = Job(HOME), logs(n), []
            for file in files:
                argv = ["date", "+%s.%N"]
                last = [job.program(argv, stdout=file, stderr=None, deps=last)]
            finish(job)
            return [float(open(file).read()) for file in files]

        serve(rate, chain)


main()

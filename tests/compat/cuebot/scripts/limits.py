"""The job of the flow 05-limits."""

import sys

import outline
from outline.modules.shell import Shell

name = sys.argv[1]
job = outline.Outline("lim-" + name, show="demo", shot="sh010")
a = Shell("aaa", command=["sleep", "3"], range="1-3", limits=[name])
a.set_min_cores(0.25)
a.set_min_memory(256)
job.add_layer(a)

"""A script of its own that launches one frame; prints when it called launch() and the job's name."""

import sys
import time

import outline
from outline import cuerun
from outline.modules.shell import Shell

made = outline.Outline(f"first{sys.argv[1]}", shot="shot", show="bench", user="bench")
made.add_layer(Shell("frames", command=["date", "+%s.%N"], range="1-1", threads=1))
began = time.time()
job = cuerun.launch(made, use_pycuerun=False)[0]
print(began, job.name())

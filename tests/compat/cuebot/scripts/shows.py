"""The job of the flow 07-shows."""

import sys

import outline
from outline.modules.shell import Shell

job = outline.Outline("shows", show=sys.argv[1], shot="sh010")
a = Shell("aaa", command=["true"], range="1")
job.add_layer(a)

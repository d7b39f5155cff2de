"""The job of the flow 06-retries."""

import outline
from outline.modules.shell import Shell

job = outline.Outline("retries", show="demo", shot="sh010")
a = Shell("aaa", command=["false"], range="1")
a.set_min_cores(0.25)
a.set_min_memory(256)
a.set_retry_count(3)
job.add_layer(a)

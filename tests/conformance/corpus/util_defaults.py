# drive: python
# env: SHOW=
# env: SHOT=
import os

for name in ("SHOW", "SHOT"):
    os.environ.pop(name)
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("defaults", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
print("fact:", job.get_full_name())
outline.cuerun.launch(job)

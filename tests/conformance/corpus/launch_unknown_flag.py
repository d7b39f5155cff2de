# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("unknown-flag", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
outline.cuerun.launch(job, studio_special=True)

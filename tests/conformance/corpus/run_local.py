# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("local", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
job.set_arg("localbook", {"host": "desk1", "cores": "2", "memory": "4000000", "threads": "1", "gpu": "0"})
outline.cuerun.launch(job)

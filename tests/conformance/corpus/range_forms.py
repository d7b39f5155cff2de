# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("range-forms")
job.set_frame_range("1-100x7")
print("fact:", job.get_frame_range())
job.set_frame_range([5, 6, 7])
print("fact:", job.get_frame_range())
layer = Shell("render", command=["true"])
layer.set_frame_range("2-6")
job.add_layer(layer)
print("fact:", layer.get_frame_range())
outline.cuerun.launch(job)

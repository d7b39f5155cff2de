# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("raw-chunk", frame_range="1-10")
job.add_layer(Shell("render", command=["blender", "-f", "#IFRAME#"], chunk=5))
outline.cuerun.launch(job, use_pycuerun=False)

# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("raw-spaces", frame_range="1-2")
job.add_layer(Shell("spaces", command=["echo", "two words", "a;b"]))
outline.cuerun.launch(job, use_pycuerun=False)

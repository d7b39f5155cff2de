# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("Shot__Light-V001", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
outline.cuerun.launch(job)
unique = outline.Outline("unique", name_unique=True)
print("fact:", unique.get_name()[:6], len(unique.get_name()))
print("fact:", outline.Outline().get_name())

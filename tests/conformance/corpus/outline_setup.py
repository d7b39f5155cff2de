# drive: python
import outline
import outline.cuerun
from outline.constants import OUTLINE_MODE_INIT, OUTLINE_MODE_READY
from outline.modules.shell import Shell

job = outline.Outline("setup", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
print("fact:", job.get_mode() == OUTLINE_MODE_INIT)
job.setup()
print("fact:", job.get_mode() == OUTLINE_MODE_READY, job.get_path().endswith("outline.yaml"))
try:
    job.setup()
    print("fact: accepted")
except outline.OutlineException:
    print("fact: OutlineException")
again = outline.load_outline(job.get_path())
print(
    "fact:",
    again.get_name(),
    [layer.get_name() for layer in again.get_layers()],
    again.get_frame_range(),
    again.get_mode(),
)
outline.cuerun.launch(job)

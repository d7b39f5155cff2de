# drive: python
import outline
import outline.cuerun
import outline.loader
from outline.modules.shell import Shell

job = outline.loader.quick_outline(Shell("render", command=["true"], range="1-3"))
print(
    "fact:",
    outline.current_outline() is job,
    job.get_name(),
    [layer.get_name() for layer in job.get_layers()],
)
outline.cuerun.launch(job)

# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

print("fact:", [module.__name__ for module in outline.PluginManager.get_plugins()])
job = outline.Outline("plugged", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
outline.cuerun.launch(job)

# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("launcher", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
launcher = outline.cuerun.OutlineLauncher(job, pause=True)
launcher.set_flag("priority", 9)
print(
    "fact:",
    launcher.get_flag("pause"),
    launcher.get_flag("priority"),
    launcher.get("os"),
    launcher.get_flag("nothing", 3),
    launcher.get_flag("wait"),
)
launcher.setup()
print(
    "fact:",
    "<job name=" in launcher.serialize(),
    "<job name=" in launcher.serialize(use_pycuerun=False),
)
launcher.launch()

# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("renaming")
first = Shell("first", command=["true"], range="1")
job.add_layer(first)
first.set_name("renamed")
print("fact:", first.get_name(), job.is_layer("renamed"))
outline.cuerun.launch(job)

# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline("outline_api", current=True)
first = Shell("first", command=["true"], range="1")
second = Shell("second", command=["true"], range="1")
print("fact:", [layer.get_name() for layer in job.get_layers()], job.is_layer("first"), job.is_layer("third"))
print("fact:", job.get_layer("first") is first, first.get_outline() is job)
job.remove_layer(second)
print("fact:", [layer.get_name() for layer in job.get_layers()], job.get_mode(), job.get_facility(), job.get_maxcores())
for wrong in (lambda: job.get_layer("third"), job.get_session, lambda: job.set_mode(0)):
    try:
        wrong()
        print("fact: accepted")
    except outline.OutlineException:
        print("fact: OutlineException")
job.set_arg("studio", "x")
print("fact:", job.get_arg("studio"), job.get_arg("none"), job.get_arg("none", 2), job.get_args())
print("fact:", outline.Layer("loose", register=False).get_name(), outline.current_outline() is job)
outline.cuerun.launch(job)

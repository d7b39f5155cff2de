# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

parser = outline.cuerun.CuerunOptionParser()
options, args = parser.parse_args(
    ["-p", "--priority", "5", "-f", "1-4", "--no-mail", "--env", "A=1", "script"]
)
found = parser.options_to_args(options)
print("fact:", args, options.pause, options.range, options.priority, options.nomail)
for key in (
    "pause",
    "priority",
    "nomail",
    "range",
    "shot",
    "os",
    "basename",
    "wait",
    "test",
    "autoeat",
    "maxretries",
    "facility",
    "backend",
    "server",
):
    print("fact:", key, found.get(key, "absent"))
job = outline.Outline("parsed", frame_range="1-2")
job.add_layer(Shell("render", command=["true"]))
outline.cuerun.launch(job, **found)

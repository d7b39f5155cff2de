# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

parser = outline.cuerun.CuerunOptionParser()
parser.add_plugin_option("--farm", dest="farm", default="x")
options, args = parser.parse_args(["-p", "--priority", "5", "-f", "1-4", "--no-mail", "script"])
parser.handle_standard_options(options, args)
print("fact:", args, options.pause, options.range, options.priority, options.nomail, options.farm, options.range_default)
found = parser.options_to_args(options)
for key in ("pause", "priority", "nomail", "range"):
    print("fact:", key, found.get(key, "absent"))
job = outline.Outline("parsed", frame_range="1-9")
job.add_layer(Shell("render", command=["true"]))
outline.cuerun.launch(job, **found)

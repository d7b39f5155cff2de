# drive: python
import outline
import outline.cuerun
from outline.modules.shell import Shell

job = outline.Outline(
    "flags",
    frame_range="1-10",
    shot="shot030",
    show="demo",
    user="lee",
    facility="cloud",
    maxcores=8,
    maxgpus=1,
)
job.add_layer(Shell("render", command=["true"]))
jobs = outline.cuerun.launch(
    job,
    pause=True,
    priority=7,
    os="rhel9",
    maxretries=0,
    autoeat=True,
    nomail=True,
    range="2-4",
    basename="renamed",
)
print("fact:", [each.name() for each in jobs])

# drive: python
import outline
import outline.cuerun
from outline import event
from outline.modules.shell import Shell


def tell(what):
    print("fact:", what.type, what.cuerun.get_outline().get_name())


job = outline.Outline("launch-events", frame_range="1-3")
job.add_layer(Shell("render", command=["true"]))
launcher = outline.cuerun.OutlineLauncher(job)
launcher.add_event_listener(event.BEFORE_LAUNCH, tell)
launcher.add_event_listener(event.AFTER_LAUNCH, tell)
launcher.launch()

# drive: python
import sys

import outline
from bin.cuerunbase import AbstractCuerun
from outline.modules.shell import Shell


class Tool(AbstractCuerun):
    usage = "tool [options] scene"
    descr = "A launcher of the site."

    def add_my_options(self):
        parser = self.get_parser()
        parser.add_option("--quality", action="store", dest="quality", default="low")

    def handle_my_options(self, parser, options, args):
        print("fact:", options.quality, args, options.pause)
        job = outline.Outline("from_tool", frame_range=options.range)
        job.add_layer(Shell("render", command=["render", args[0]]))
        self.launch_outline(job, nomail=True)


sys.argv = ["tool", "-p", "--priority", "5", "--quality", "high", "-f", "1-4", "scene.ma"]
Tool().go()

# drive: python
import outline
import outline.cuerun
import outline.modules.shell

job = outline.Outline("test-job", shot="test", show="testing", user="jimmy")
first = outline.modules.shell.Shell(
    "layer1", type="Render", command=["echo #IFRAME#"], range="1-100"
)
job.add_layer(first)
second = outline.modules.shell.Shell(
    "layer2",
    type="Util",
    command=["echo Collecting frames"],
    range="1-100",
    chunk=100,
    tags="ffmpeg",
)
second.depend_on(first)
job.add_layer(second)
outline.cuerun.launch(job, use_pycuerun=False, os="Linux", nomail=True)

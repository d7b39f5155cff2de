"""A plug-in that adds an option and listens to the launch."""


def init_cuerun_plugin(cuerun):
    cuerun.get_parser().add_plugin_option("--studio", dest="studio", help="of the studio")
    cuerun.add_event_listener("BEFORE_LAUNCH", before)
    cuerun.add_event_listener("AFTER_LAUNCH", after)


def before(event):
    print("fact:", event.type, event.outline.get_name())
    event.outline.get_layer("render").set_env("STUDIO", "yes")


def after(event):
    print("fact:", event.type, len(event.job))

"""A plug-in that touches every layer and every launch."""


def loaded():
    print("fact: a loaded")


def init(layer):
    print("fact: a init", layer.get_name())
    layer.set_default_arg("tags", ["plugged"])


def init_cuerun_plugin(cuerun):
    print("fact: a init_cuerun_plugin")

"""A plug-in with the same hooks, loaded later."""


def loaded():
    print("fact: b loaded")


def init(layer):
    print("fact: b init", layer.get_name())


def init_cuerun_plugin(cuerun):
    print("fact: b init_cuerun_plugin")

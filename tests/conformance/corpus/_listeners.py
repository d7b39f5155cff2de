"""Listeners that can be imported where the frame runs."""


def tell(event):
    print("fact:", event.type, type(event).__name__, event.layer.get_name())


def fail(event):
    raise ValueError("a listener that fails")

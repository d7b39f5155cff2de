"""A layer whose arguments are overridden in its session."""

from outline.modules.shell import Shell


class Overridden(Shell):
    def _setup(self):
        self.put_data("args_override", {"command": ["echo", "fact: overridden"], "colour": "blue"})

    def _before_execute(self):
        print("fact:", self.get_arg("colour"))

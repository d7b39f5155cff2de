"""A layer that adds another one during setup."""

import outline
from outline.modules.shell import Shell


class Growing(outline.Layer):
    def _setup(self):
        self.get_outline().add_layer(Shell("grown", command=["true"], range="1"))

"""Commands that people are told to run do in a shell what they say."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from cuelet.client.errors import NoFramesError
from cuelet.pasting import pasteable


@given(st.lists(st.text(), min_size=1))
def test_a_shell_reads_back_the_words(words: list[str]) -> None:
    assert shlex.split(pasteable(*words)) == words


def test_plain_words_stay_plain() -> None:
    assert pasteable("cuelet", "logs", "a-b-c_job", "-003-render") == (
        "cuelet logs a-b-c_job -003-render"
    )


def test_names_that_a_shell_would_take_apart_are_quoted_in_errors() -> None:
    error = NoFramesError(job="show-a b-$HOME_x*", wanted="dead frames there")

    assert str(error).endswith("see cuelet show 'show-a b-$HOME_x*'")

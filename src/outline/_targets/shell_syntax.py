"""What in a command that is a list was written for a shell, which reads no list."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_OPERATORS = frozenset(
    ("&&", "||", "|", "|&", "&", ";", ">", ">>", "<", "<<", "&>", "1>", "2>", "2>>", "2>&1", ">&2")
)
_REDIRECTION = r"(\d|&)?(>>?|<)(&\d|[A-Za-z_./~$][^=]*)\Z"
_VARIABLE = r"\$(\w+|\{\w+\})"
_SEVERAL = r"--?[A-Za-z][\w-]*\s+\S"
_HINT = r"[&|<>;$*`~]|-\w[^\n]*[ \t]"
"""What a list without any of the above has nothing of."""
_OWN_WORDS = frozenset(("cd", "source", ".", "export", "set", "alias", "ulimit"))
"""Words of shells that are no programs."""
_READ_BY_A_SHELL = frozenset(("sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh", "fish", "ssh"))
_WITH_A_LANGUAGE = frozenset(
    ("test", "[", "expr", "awk", "gawk", "mawk", "sed", "perl", "ruby", "jq", "bc", "dc", "tclsh")
)
"""Programs whose arguments are texts in which these signs mean something else."""
_OF_FILES = frozenset(
    ("ls", "cp", "mv", "rm", "cat", "ln", "chmod", "chown", "du", "wc", "head", "tail", "touch", "gzip", "stat")
)  # fmt: skip
"""Programs that take names of files and expand no patterns."""
_OF_EVERYBODY = frozenset(("HOME", "USER", "PATH", "PWD", "TMPDIR", "SHOW", "SHOT", "LOGNAME"))


def find_shell_syntax(argv: Sequence[str], variables: Collection[str]) -> str:
    """Return what a shell would have to read of a list, as the end of a sentence; empty for nothing.

    Args:
        argv: The command.
        variables: Names of the variables that the job sets.
    """
    program, space, _ = argv[0].partition(" ")
    if space and "/" not in program:
        return f"{argv[0]!r} is one program name, spaces included"
    if argv[0] in _OWN_WORDS or re.match(r"[A-Za-z_]\w*=", argv[0]):
        return f"{argv[0]!r} is for a shell, no program of that name starts"
    if not re.search(_HINT, "\n".join(argv)) or _speaks_for_itself(argv):
        return ""
    for each in argv[1:]:
        if found := _why(each, argv, variables):
            return found
    return ""


def _speaks_for_itself(argv: Sequence[str]) -> bool:
    """Tell whether a program reads such signs itself, or hands its arguments to a shell."""
    names = {os.path.basename(each) for each in argv[:3]}  # also behind env, nice and time
    return not names.isdisjoint(_READ_BY_A_SHELL | _WITH_A_LANGUAGE)


def _why(text: str, argv: Sequence[str], variables: Collection[str]) -> str:
    if text in _OPERATORS and not (text == ";" and any(each.startswith("-exec") for each in argv)):
        return f"{text!r} is one of the arguments, no shell reads it"
    if re.match(_REDIRECTION, text):
        return f"{text!r} is one of the arguments and redirects nothing"
    if re.match(_SEVERAL, text):
        return f"{text!r} is one argument, spaces included"
    if text.startswith("~/") or re.search(r"\$\(|`[^`]+`", text):
        return f"{text!r} stays as it is, no shell reads it"
    for name in re.findall(_VARIABLE, text):
        bare = name.strip("{}")
        if bare in _OF_EVERYBODY or bare in variables or bare.startswith(("CUE_", "OL_")):
            return f"${bare} in {text!r} stays as it is, no shell puts the variable's value there"
    if "*" in text and os.path.basename(argv[0]) in _OF_FILES:
        return f"{text!r} is the name of one file, no shell looks for files like it"
    return ""

"""Every error that outline raises.

The tree, PyOutline's names at the top, ours below them::

    OutlineException
    |- LayerException
    |  |- InvalidSettingError, EmptyRangeError, MissingArgumentError, ModeError
    |- SessionException
    |  |- UnsafeNameError, DataNotFoundError, DataExistsError, DataFormatError
    |  |- FileNotStoredError, FileExistsInSessionError, NoSessionError
    |- FileSpecException
    |- FailImmediately
    |- ShellCommandFailureException
    |- InvalidNameError, NameCollisionError, UnknownLayerError, DependencyCycleError
    |- SpecError, NewerSpecError, UnknownFlagError, UnknownBackendError, ScriptError, ConfigFileError
    |- JobFailedError, JobStillRunsError

Ours carry what they are about in ``fields`` (and as attributes) and build one line that names the thing, the value and
the way out.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class OutlineException(Exception):
    """Root of every error of this package."""

    @property
    def problem(self) -> str:
        """What is wrong."""
        return str(self)

    @property
    def remedy(self) -> str:
        """What to do about it; empty where the message does not say."""
        return ""


class LayerException(OutlineException):
    """A layer is wrong, or failed."""


class SessionException(OutlineException):
    """A session could not do what was asked of it."""


class FileSpecException(OutlineException, ValueError):
    """A file specification is malformed."""


class FailImmediately(OutlineException):
    """Raised by an event listener that wants its failure to stop the frame or the launch."""


class ShellCommandFailureException(OutlineException):
    """A command ended with a status other than 0.

    Args:
        msg: One line that names the command.
        status: Exit status; 128 plus the signal number after a signal.
    """

    def __init__(self, msg: str, status: int) -> None:
        super().__init__(msg)
        self.msg, self.exit_status = msg, status

    @property
    def status(self) -> int:
        """Exit status of the command."""
        return self.exit_status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.msg, self.exit_status)


class _Described(OutlineException):
    """Mix-in: the message is problem and remedy, both filled in with the fields, which are attributes too."""

    text = ""
    """What is wrong."""
    remedy_text = ""
    """What to do about it; empty where the problem says it all."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__("; ".join(filter(None, (self.problem, self.remedy_in_message))))

    @property
    def problem(self) -> str:
        """What is wrong, without what to do about it."""
        return self.text.format_map(self.fields)

    @property
    def remedy(self) -> str:
        """What to do about it; empty where the message does not say."""
        return self.remedy_in_message

    @property
    def remedy_in_message(self) -> str:
        """What the message ends in."""
        return self.remedy_text.format_map(self.fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.fields)


def _rebuild(cls: type[_Described], fields: dict[str, object]) -> _Described:
    return cls(**fields)


class InvalidSettingError(_Described, LayerException):
    """A setting of a layer or an outline has a value that cannot mean anything."""

    text = "{thing}: {setting} is {value!r}"
    remedy_text = "{remedy}"


class EmptyRangeError(_Described, LayerException):
    """The range of a layer and that of its outline have no frame in common."""

    text = (
        "layer {layer!r}: its range {layer_range!r} and the range {outline_range!r} of outline {outline!r} "
        "have no frame in common"
    )
    remedy_text = "change one of them"


class MissingArgumentError(_Described, LayerException):
    """A layer lacks an argument its class needs."""

    text = "layer {layer!r} has no {argument}"
    remedy_text = "give it {argument}={example}"


class UnsafeNameError(_Described, SessionException):
    """A name would leave its directory, or cannot be a file name."""

    text = "{thing}: the name {name!r} {reason}"
    remedy_text = "use a plain file name without a directory"


class DataNotFoundError(_Described, SessionException):
    """Nothing is stored under that key."""

    text = "{thing} has no data {key!r}"
    remedy_text = "stored: {stored}"


class DataExistsError(_Described, SessionException):
    """A key already holds another value."""

    text = "{thing}: data {key!r} already holds {old}, not {new}"
    remedy_text = "use another key, or force=True to replace it"


class DataFormatError(_Described, SessionException):
    """A value cannot be written as YAML, or stored text cannot be read."""

    text = "{thing}: data {key!r} {reason}"


class FileNotStoredError(_Described, SessionException):
    """The session does not hold that file."""

    text = "{thing}: no file {path!r}"
    remedy_text = "store it with put_file or sym_file, or pass check=False"


class FileExistsInSessionError(_Described, SessionException):
    """The session already holds a file of that name."""

    text = "{thing}: {path!r} exists already"
    remedy_text = "use another name"


class FileSourceError(_Described, SessionException):
    """A file that should be stored cannot be read."""

    text = "{thing}: cannot store {source!r}: {reason}"


class NoSessionError(_Described, SessionException):
    """There is no session here, or none yet."""

    text = "{thing} has no session: {reason}"


class ForeignSessionError(NoSessionError):
    """What a session would be read from or made in is not this user's alone.

    Args:
        path: The file or directory.
        reason: What is wrong with it.
    """

    text = "{path} {reason}: whoever can write there decides what your frames execute"
    remedy_text = (
        "take it back (chmod go-w) if it is yours, else move session_dir or launch the job again; on hosts that "
        "run frames as another user share sessions with session_group, or name whom you trust in session_users "
        "of outline.cfg"
    )


class InvalidNameError(_Described, OutlineException):
    """A name that OpenCue cannot take."""

    text = "{kind} name {name!r} {reason}"
    remedy_text = "use at least 3 letters, digits, '_', '-' or '.', such as {example!r}"


class NameCollisionError(_Described, OutlineException):
    """Two layers would have the same name."""

    text = "outline {outline!r}: layer {name!r} and layer {other!r} {reason}"
    remedy_text = "rename one of them"


class UnknownLayerError(_Described, OutlineException):
    """A layer that is named is not in the outline.

    Args:
        thing: What names it.
        name: The name.
        outline: The outline.
        known: Those there are, such as ``its layers: a, b``.
        remedy: What to do about it, where naming another one does not help.
    """

    text = "{thing}: no layer {name!r} in outline {outline!r}"
    remedy_text = "{known}{remedy}"

    def __init__(
        self, *, thing: str, name: str, outline: str, known: str = "", remedy: str = ""
    ) -> None:
        super().__init__(thing=thing, name=name, outline=outline, known=known, remedy=remedy)

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return str(self.fields["remedy"]) or f"name one of {self.fields['known']}"


class DependencyCycleError(_Described, OutlineException):
    """Layers wait for each other in a cycle, so that none could ever start."""

    text = "circular dependency {path}"
    remedy_text = "remove one of these depends"


class ModeError(_Described, LayerException):
    """Something was asked of an outline at the wrong time."""

    text = "outline {outline!r}: {reason}"


class SpecError(_Described, OutlineException):
    """An outline cannot be written as a job specification.

    Args:
        thing: What it is about.
        reason: Why not.
        remedy: What to do about it, where that is not plain.
        layer: The layer, when it is about one.
    """

    text = "{thing}: {reason}"
    remedy_text = "{remedy}"

    def __init__(
        self, *, thing: str, reason: str, remedy: str = "", layer: str | None = None
    ) -> None:
        super().__init__(thing=thing, reason=reason, remedy=remedy, layer=layer)


class NewerSpecError(_Described, OutlineException):
    """A stored job specification that a later Cuelet wrote."""

    text = "job {job!r} is stored in version {found}, this Cuelet knows {known}"
    remedy_text = "update Cuelet"


class UnknownFlagError(_Described, OutlineException):
    """A launch flag that does not exist."""

    text = "launch has no flag {flag!r}"
    remedy_text = "{remedy}"


class UnknownBackendError(_Described, OutlineException):
    """A backend that does not exist."""

    text = "no backend {name!r}"
    remedy_text = "there are: {available}"


class ConfigFileError(_Described, OutlineException):
    """A configuration file that cannot be read, or a value in it that cannot mean anything."""

    text = "{path}: {reason}"
    remedy_text = "correct it or remove it"


class ScriptError(_Described, OutlineException):
    """An outline script or file cannot be loaded."""

    text = "cannot load {path!r}: {reason}"


class JobFailedError(_Described, OutlineException):
    """Jobs that were waited for ended with frames undone, or cannot go on.

    Args:
        failures: Name of each job, and why it failed.
        was_killed: Whether the launch killed them for that, as with ``test=True``.
    """

    exit_status = 7
    """What a command ends with that waited."""
    text = "{told}"

    def __init__(
        self, *, failures: Sequence[tuple[str, str]], was_killed: bool = False, told: str = ""
    ) -> None:
        jobs = "; ".join(f"job {name} failed: {why}" for name, why in failures)
        after = "; as the launch says test=True, the job was killed" if was_killed else ""
        super().__init__(
            failures=tuple(failures), was_killed=was_killed, told=told or f"{jobs}{after}"
        )


class JobStillRunsError(_Described, OutlineException):
    """A job that was waited for takes longer than somebody wanted to wait.

    Args:
        job: Its name.
        remedy: What became of it, or what to do.
    """

    exit_status = 124
    """What a command ends with that waited."""
    text = "job {job} has not ended within the timeout of its launch"
    remedy_text = "{remedy}"

    def __init__(self, *, job: str, remedy: str) -> None:
        super().__init__(job=job, remedy=remedy)

"""Comments on jobs and hosts."""

from __future__ import annotations

from typing import Any

from opencue_proto import comment_pb2

from opencue.wrappers.entity import Entity

__all__ = ["Comment"]


class Comment(Entity):
    """A remark somebody left."""

    _STUB, _FIELD, _MESSAGE = "comment", "comment", comment_pb2.Comment

    def __init__(self, comment: Any = None, data: Any = None) -> None:
        super().__init__(comment if data is None else data)

    def delete(self) -> None:
        """Remove the comment."""
        self._send("Delete")

    def save(self) -> None:
        """Store the subject and the message as they are now."""
        self._send("Save")

    def message(self) -> str:
        """Return the text."""
        return str(self.data.message)

    def subject(self) -> str:
        """Return the subject."""
        return str(self.data.subject)

    def user(self) -> str:
        """Return who wrote it."""
        return str(self.data.user)

    def timestamp(self) -> int:
        """Return when it was written: seconds since 1970."""
        return int(self.data.timestamp)

    def setMessage(self, message: str) -> None:
        """Replace the text and store it."""
        self.data.message = message
        self.save()

    def setSubject(self, subject: str) -> None:
        """Replace the subject and store it."""
        self.data.subject = subject
        self.save()

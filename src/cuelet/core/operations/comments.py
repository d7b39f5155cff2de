"""Remarks that people leave on a job."""

from __future__ import annotations

from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import (
    InvalidRequestError,
    NotFoundError,
)

MAX_COMMENTS, MAX_COMMENT_LENGTH = 1000, 65_536
"""Comments per job, and characters in one."""


def add_comment(job: Job, comment: Comment, decision: Decision) -> None:
    """Leave a comment on a job, running or finished.

    Raises:
        InvalidRequestError: It is too long, or one too many.
    """
    _refuse_length(job, comment)
    if len(job.comments) >= MAX_COMMENTS:
        raise InvalidRequestError(
            request=f"comment on job {job.name}",
            reason=f"it has {MAX_COMMENTS} already; delete some first",
        )
    job.comments.append(comment)
    decision.job(job)


def edit_comment(job: Job, number: int, subject: str, message: str, decision: Decision) -> None:
    """Replace what a comment says; raises NotFoundError, InvalidRequestError."""
    position = _comment_position(job, number)
    edited = job.comments[position]._replace(subject=subject, message=message)
    _refuse_length(job, edited)
    job.comments[position] = edited
    decision.job(job)


def delete_comment(job: Job, number: int, decision: Decision) -> None:
    """Take a comment away; raises NotFoundError."""
    del job.comments[_comment_position(job, number)]
    decision.job(job)


def _comment_position(job: Job, number: int) -> int:
    """Return where a comment is in the job's list; raises NotFoundError."""
    for position, comment in enumerate(job.comments):
        if comment.number == number:
            return position
    raise NotFoundError(kind="comment", name=ids.part_id(job.id, ids.Kind.COMMENT, number))


def _refuse_length(job: Job, comment: Comment) -> None:
    if len(comment.user) + len(comment.subject) + len(comment.message) > MAX_COMMENT_LENGTH:
        raise InvalidRequestError(
            request=f"comment on job {job.name}",
            reason=f"it has more than {MAX_COMMENT_LENGTH:,} characters; write them to a file",
        )

"""OpenCue's CommentInterface, and the comments of a job as messages."""

from __future__ import annotations

import secrets
from typing import Any

from opencue_proto import comment_pb2, comment_pb2_grpc

from cuelet.core.operations import comments
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.engine.engine import Engine
from cuelet.rpc import search

Context = Any


def comment_seq(job: Job) -> comment_pb2.CommentSeq:
    """Return the comments of a job, oldest first."""
    return comment_pb2.CommentSeq(comments=[_message(job, each) for each in job.comments])


def _message(job: Job, comment: Comment) -> comment_pb2.Comment:
    return comment_pb2.Comment(
        id=ids.part_id(job.id, ids.Kind.COMMENT, comment.number),
        timestamp=int(comment.at),
        user=comment.user,
        subject=comment.subject,
        message=comment.message,
    )


def new_comment(message: comment_pb2.Comment, at: float) -> Comment:
    """Return a comment as a client sends it; the time is the farm's, whatever the client says."""
    number = secrets.randbits(ids.INDEX_BITS)
    return Comment(number, at, message.user, message.subject, message.message)


class CommentService(comment_pb2_grpc.CommentInterfaceServicer):  # type: ignore[misc] # generated
    """Change and delete the comments that jobs have."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Save(self, request: Any, context: Context) -> Any:
        said = request.comment

        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, number = search.part_of(farm, said.id, ids.Kind.COMMENT)
            comments.edit_comment(job, number, said.subject, said.message, decision)

        await self._engine.submit(decide)
        return comment_pb2.CommentSaveResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            job, number = search.part_of(farm, request.comment.id, ids.Kind.COMMENT)
            comments.delete_comment(job, number, decision)

        await self._engine.submit(decide)
        return comment_pb2.CommentDeleteResponse()

"""OpenCue's CommentInterface, and the comments of a job and of this machine as messages."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from opencue_proto import comment_pb2, comment_pb2_grpc

from cuelet.core.operations import comments
from cuelet.core.operations.site import ownership
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.setup.ownership import HostComment
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


def host_comment_seq(farm: Farm) -> comment_pb2.CommentSeq:
    """Return the comments on this machine, oldest first."""
    found = [
        comment_pb2.Comment(
            id=each.id,
            timestamp=int(each.at),
            user=each.user,
            subject=each.subject,
            message=each.message,
        )
        for each in ownership.host_comments(farm)
    ]
    return comment_pb2.CommentSeq(comments=found)


def new_host_comment(message: comment_pb2.Comment, at: float) -> HostComment:
    """Return a comment on this machine as a client sends it; see `new_comment`."""
    return HostComment(
        id=str(uuid.uuid4()),
        at=at,
        user=message.user,
        subject=message.subject,
        message=message.message,
    )


def new_comment(message: comment_pb2.Comment, at: float) -> Comment:
    """Return a comment as a client sends it; the time is the farm's, whatever the client says."""
    number = secrets.randbits(ids.INDEX_BITS)
    return Comment(number, at, message.user, message.subject, message.message)


class CommentService(comment_pb2_grpc.CommentInterfaceServicer):  # type: ignore[misc] # generated
    """Change and delete the comments that jobs and this machine have."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Save(self, request: Any, context: Context) -> Any:
        said = request.comment

        def decide(farm: Farm, decision: Decision, now: float) -> None:
            if kept := farm.records.find(HostComment, said.id):
                ownership.edit_host_comment(farm, kept, said.subject, said.message, decision)
                return
            job, number = search.part_of(farm, said.id, ids.Kind.COMMENT)
            comments.edit_comment(job, number, said.subject, said.message, decision)

        await self._engine.submit(decide)
        return comment_pb2.CommentSaveResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            if kept := farm.records.find(HostComment, request.comment.id):
                farm.records.remove(kept, decision)
                return
            job, number = search.part_of(farm, request.comment.id, ids.Kind.COMMENT)
            comments.delete_comment(job, number, decision)

        await self._engine.submit(decide)
        return comment_pb2.CommentDeleteResponse()

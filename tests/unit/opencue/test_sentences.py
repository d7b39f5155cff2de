"""Cuebot's sentences as recorded from a real one: each becomes one that names the thing, the value and the way out."""

from __future__ import annotations

import grpc
import pytest
from farm_double import FarmDouble, RefusalError
from hypothesis import given, settings
from hypothesis import strategies as st
from opencue_proto import job_pb2, show_pb2
from tests.budget import examples

from opencue import api
from opencue.exception import (
    ConnectionException,
    CuebotDatabaseException,
    CueException,
    CueInternalErrorException,
    EntityAlreadyExistsException,
    EntityNotFoundException,
    LaunchRefusedException,
    NoOpenCueException,
    from_rpc,
)
from opencue.stock.sentences import translate

NOT_FOUND, INTERNAL = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INTERNAL
NOTHING = "Incorrect result size: expected 1, actual 0"
TWICE = f"org.springframework.dao.EmptyResultDataAccessException: {NOTHING}\n{NOTHING}"
SQL = "org.springframework.dao.DataIntegrityViolationException: PreparedStatementCallback; SQL [...]; ERROR: "
FOREIGN = (
    SQL
    + 'update or delete on table "show" violates foreign key constraint "c_subscription_pk_show" on table '
    '"subscription"\n  Detail: Key (pk_show)=(00000000) is still referenced from table "subscription".; nested'
)
DUPLICATE = (
    "com.imageworks.spcue.EntityCreationError: error creating group, org.springframework.dao."
    "DuplicateKeyException: PreparedStatementCallback; SQL [...]; ERROR: duplicate key value violates unique "
    'constraint "c_folder_uk"\n  Detail: Key (pk_parent_folder, str_name)=(f57e1aa0, lighting) already exists.'
)
NO_DATABASE = (
    "org.springframework.transaction.CannotCreateTransactionException: Could not open JDBC Connection for "
    "transaction; nested exception is java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not "
    "available, request timed out after 30000ms."
)


class Refused(grpc.RpcError):
    def __init__(self, status: grpc.StatusCode, details: str) -> None:
        self.status, self.said = status, details

    def code(self) -> grpc.StatusCode:
        return self.status

    def details(self) -> str:
        return self.said


def translated(
    method: str, status: grpc.StatusCode, said: str, request: object = None
) -> CueException:
    error = from_rpc(Refused(status, said), method=method, target="cue:8443")
    return translate(error, request=request)


@pytest.mark.parametrize(
    ("call", "method", "status", "said", "kind", "words"),
    [
        (lambda: api.findShow("demo"), "Show/FindShow", NOT_FOUND, NOTHING, EntityNotFoundException,
         ["no show 'demo'", "cueadmin -ls", "cueadmin -create-show"]),
        (lambda: api.findHost("h9"), "Host/FindHost", NOT_FOUND, NOTHING, EntityNotFoundException,
         ["no host 'h9'", "cueadmin -lh"]),
        (lambda: api.getJob("12-34"), "Job/GetJob", NOT_FOUND, NOTHING, EntityNotFoundException,
         ["no job '12-34'", "cueadmin -lj"]),
        (lambda: api.Job(job_pb2.Job(id="1", name="hello")).pause(), "Job/Pause", NOT_FOUND, "Job not found",
         EntityNotFoundException, ["no job 'hello'", "cueadmin -lj"]),
        (lambda: api.findLimit("nuke"), "Limit/Find", INTERNAL, TWICE, EntityNotFoundException,
         ["no limit 'nuke'", "cuelet limits list"]),
        (lambda: api.findLimit("nuke"), "Limit/Find", INTERNAL,
         TWICE.replace("Empty", "IncorrectSize").replace("actual 0", "actual 2"), CueInternalErrorException,
         ["2 of limit 'nuke'", "by its id"]),
        (lambda: api.Show(show_pb2.Show(id="s", name="demo")).delete(), "Show/Delete", INTERNAL, FOREIGN,
         CueInternalErrorException, ["show 'demo' cannot be deleted", "cueadmin -delete-sub"]),
        (lambda: api.createShow("demo"), "Show/CreateShow", INTERNAL, DUPLICATE, EntityAlreadyExistsException,
         ["show 'demo' exists already", "lighting"]),
        (api.getShows, "Show/GetShows", INTERNAL, NO_DATABASE, CuebotDatabaseException,
         ["no connection to its database", "once that is back"]),
        (lambda: api.getJobs(regex="("), "Job/GetJobs", INTERNAL,
         SQL + "invalid regular expression: parentheses () not balanced; nested exception", CueInternalErrorException,
         ["no regular expression: parentheses () not balanced"]),
        (lambda: api.Job().addComment("s" * 200, "m"), "Job/AddComment", INTERNAL,
         SQL + "value too long for type character varying(128); nested", CueInternalErrorException,
         ["longer than the 128 characters"]),
        (lambda: api.Job().setMaxRetries(99), "Job/SetMaxRetries", INTERNAL,
         "java.lang.IllegalArgumentException: max retries must be less than 16\nmax retries must be less than 16",
         CueInternalErrorException, ["max retries must be less than 16"]),
        (lambda: api.launchSpec("<job name='x'>"), "Job/LaunchSpec", INTERNAL,
         "Failed to add job to launch queue: The job demo-sh010-ada_x is already pending", LaunchRefusedException,
         ["job x was not launched", "a pending job 'demo-sh010-ada_x' exists already", "cuelet kill demo-sh010-ada_x"]),
        (lambda: api.launchSpecAndWait("<job name='x'>"), "Job/LaunchSpecAndWait", INTERNAL,
         "Failed to launch and add job: The demo-2 does not exist. Please contact administrator of your OpenCue",
         LaunchRefusedException, ["no show 'demo-2'", "cueadmin -create-show demo-2", "cueadmin -create-sub demo-2"]),
        (lambda: api.launchSpecAndWait("<job name='x'>"), "Job/LaunchSpecAndWait", INTERNAL,
         "Failed to launch and add job: The asleep show has been deactivated.  Please", LaunchRefusedException,
         ["show 'asleep' is inactive", "cueadmin -enable-show asleep"]),
        (lambda: api.launchSpecAndWait("<job name='x'>"), "Job/LaunchSpecAndWait", INTERNAL,
         "Failed to launch and add job: Cannot launch jobs as root.", LaunchRefusedException,
         ["no jobs of root", "as another user"]),
        (lambda: api.launchSpecAndWait("<job name='x'><facility>mars</facility>"), "Job/LaunchSpecAndWait", INTERNAL,
         f"Failed to launch and add job: {NOTHING}", LaunchRefusedException, ["job x was not launched"]),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" in value else None,
)  # fmt: skip
def test_a_recorded_sentence_names_the_thing_and_the_way_out(
    stock: FarmDouble, call, method, status, said, kind, words
) -> None:
    stock.answers[method] = RefusalError(status, said)
    if method.startswith("Job/Launch"):
        stock.answers["Facility/Get"] = RefusalError(NOT_FOUND, NOTHING)

    with pytest.raises(kind) as told:
        call()
    for word in words:
        assert word in str(told.value)
        assert word in told.value.details()
    for leak in ("springframework", "SQL", "expected 1", "postgres", "imageworks"):
        assert leak not in str(told.value)
    assert told.value.said == said
    assert told.value.__cause__ is None


def test_what_a_job_names_in_vain_is_found_out_after_a_refused_launch(stock: FarmDouble) -> None:
    stock.answers["Job/LaunchSpecAndWait"] = RefusalError(
        INTERNAL, f"Failed to launch and add job: {NOTHING}"
    )
    stock.answers["Job/FindJob"] = RefusalError(NOT_FOUND, NOTHING)
    stock.answers["Facility/Get"] = RefusalError(NOT_FOUND, NOTHING)
    spec = (
        "<spec><facility>mars</facility><show>demo</show><job name='comp'>"
        "<limit>nuke</limit></job><depend><onjob>first &amp; last</onjob><onjob>comp</onjob></depend></spec>"
    )

    with pytest.raises(LaunchRefusedException) as told:
        api.launchSpecAndWait(spec)
    assert str(told.value) == (
        "job comp was not launched: limit 'nuke' is not set; cuelet limits set nuke MAX sets it; "
        "this Cuebot has no facility 'mars'; see cueadmin -la for those it has; "
        "it waits for job 'first & last', which is not pending; see cueadmin -lj 'first & last'"
    )


def test_what_is_no_cuebot_is_called_so() -> None:
    for status, said in ((INTERNAL, "Exception deserializing response!"),
                         (grpc.StatusCode.UNAVAILABLE, "Trying to connect an http1.x server")):  # fmt: skip
        error = translated("Job/GetJobs", status, said)
        assert isinstance(error, NoOpenCueException)
        assert "cue:8443 is no Cuebot" in str(error)
        assert isinstance(error, ConnectionException)


def test_plain_words_of_a_server_stay_as_they_are() -> None:
    for said in ("limit 'x' is not set; cuelet limits set x 1", "", "no show 'a' here"):
        error = translated("Show/FindShow", NOT_FOUND, said)
        assert error.details() == said
        assert type(error) is EntityNotFoundException


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=200), st.sampled_from(list(grpc.StatusCode)[1:]))
def test_no_text_of_a_server_breaks_the_translation(said: str, status: grpc.StatusCode) -> None:
    error = translated("Job/FindJob", status, said, job_pb2.JobFindJobRequest(name="x"))
    assert isinstance(error, CueException)
    assert str(error)

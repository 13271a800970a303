"""What comes back from an API server, as a person is told it."""

import json

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from modeldelivery.release.errors import (
    BusyError,
    ConflictError,
    CredentialsError,
    LostError,
    NotSentError,
    UnreachableError,
)
from modeldelivery.release.kubernetes.bearer import Bearer
from modeldelivery.release.kubernetes.server import AnsweredError, ApiServer
from tests.fakes.kubernetes import ADDRESS, NAMESPACE, Answer, FakeCluster
from tests.fakes.time import FakeTime

PATH = NAMESPACE.route("flights-prod")
BODY = {"metadata": {"resourceVersion": "7"}, "spec": {"rules": []}}


@pytest.fixture
def cluster():
    return FakeCluster(FakeTime())


def answering(status, body, headers=None):
    """A server that always answers so."""

    class Pool:
        def request(self, *_, **__):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            return Answer(status, data, headers or {})

    return ApiServer(pool=Pool(), address=ADDRESS)


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (401, CredentialsError, "log in to the cluster again"),
        (403, UnreachableError, "the role that a release needs"),
        (409, ConflictError, "someone else changed it"),
        (422, AnsweredError, "as the test wants"),
        (429, BusyError, "slow down"),
        (500, LostError, "no certain answer"),
        (503, BusyError, "not ready"),
        (504, LostError, "no certain answer"),
        (302, AnsweredError, "as the test wants"),
    ],
)
def test_every_status_is_a_sentence_of_its_kind(cluster, status, error, sentence):
    cluster.faults.append(status)

    with pytest.raises(error, match=sentence) as refusal:
        cluster.server.patch(PATH, BODY)
    assert f"PATCH {PATH}" in str(refusal.value)
    assert type(refusal.value) is error


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (NewConnectionError(None, "refused"), NotSentError),
        (ConnectTimeoutError("timed out"), NotSentError),
        (ReadTimeoutError(None, PATH, "timed out"), LostError),
        (ProtocolError("Connection aborted."), LostError),
        (SSLError("CERTIFICATE_VERIFY_FAILED"), UnreachableError),
        (MaxRetryError(None, PATH, NewConnectionError(None, "refused")), NotSentError),
        (MaxRetryError(None, PATH, SSLError("CERTIFICATE_VERIFY_FAILED")), UnreachableError),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_no_answer_is_told_by_whether_the_request_was_sent(cluster, failure, error):
    cluster.faults.append(failure)

    with pytest.raises(error, match=ADDRESS) as refusal:
        cluster.server.patch(PATH, BODY)
    assert type(refusal.value) is error


def test_what_is_not_there_is_none(cluster):
    assert cluster.server.find(PATH) is None


def test_a_cluster_without_the_gateway_api_is_not_one_without_a_route():
    """The same status says both; only one of them lets an `up` go on and make the route."""
    unknown = answering(404, b"404 page not found\n")

    with pytest.raises(AnsweredError, match=r"Gateway API \(gateway.networking.k8s.io/v1\)"):
        unknown.find(PATH)


def test_a_patch_of_what_was_deleted_since_is_a_conflict(cluster):
    with pytest.raises(ConflictError, match="someone else deleted it"):
        cluster.server.patch(PATH, BODY)


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, {"kind": "HTTPRoute"})])
def test_what_is_no_api_server_is_said_to_be_none(answer):
    with pytest.raises(UnreachableError, match=r"no API server of Kubernetes"):
        answering(*answer).find(PATH)  # the second has no Date


def server_with(cluster, *tokens, **more):
    left = list(tokens)
    bearer = Bearer(makes=lambda: left.pop(0) if len(left) > 1 else left[0], **more)
    return ApiServer(pool=cluster, address=ADDRESS, bearer=bearer, clock=cluster.time.monotonic)


def test_what_a_token_that_has_ended_keeps_out_is_sent_once_more_by_a_newer_one(cluster):
    server = server_with(cluster, "ended", "token")

    with pytest.raises(ConflictError, match="someone else deleted it"):
        server.patch(PATH, BODY)
    assert cluster.requests == [("PATCH", PATH)] * 2
    assert server.find(PATH) is None
    assert len(cluster.requests) == 3


@pytest.mark.parametrize(("tokens", "times"), [(("ended",), 1), (("ended", "ended too"), 2)])
def test_a_token_that_is_refused_again_is_told(cluster, tokens, times):
    with pytest.raises(CredentialsError, match="log in to the cluster again"):
        server_with(cluster, *tokens).find(PATH)
    assert len(cluster.requests) == times


def test_a_token_is_made_anew_before_it_ends(cluster):
    server = server_with(cluster, "token", "newer", lasts=600.0, clock=cluster.time.monotonic)
    server.find(PATH)
    cluster.time.sleep(599)
    server.find(PATH)

    cluster.time.sleep(1)
    cluster.token = "newer"
    server.find(PATH)

    assert len(cluster.requests) == 3
